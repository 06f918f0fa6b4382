# The words of EcoTrack in English. Ids are kebab-case except where they end in a code of the
# wire, which keeps its underscores. Both languages have the same ids with the same arguments; a
# test compares them.

## Problems: what went wrong with a request, and what to do.

problem-unauthenticated = Your session has ended. Sign in again.
problem-wrong_credentials = That e-mail and password do not go together. Check both and try again.
problem-forbidden = Your role in this home does not allow that. Ask its owner.
problem-not_found = That is not here any more, or not yours to see.
problem-invalid = Some of it is not right: see below.
problem-malformed_body = The server did not understand the request. Update EcoTrack on both sides.
problem-duplicate_reading = There already is a reading at this instant. Correct that one, or change the time.
problem-stale_version = Somebody changed this in the meantime. Look at it as it is now, then try again.
problem-cannot_undo = This can no longer be undone: something newer stands on it. Undo that first.
problem-email_taken = This e-mail already has an account. Sign in, or use another one.
problem-registration_closed = This server takes no new accounts. Ask whoever runs it for an invitation.
problem-invitation_needed = This server takes new accounts by invitation only. Ask a member of your home for a code.
problem-last_owner = A home needs an owner. Hand it over to another member first.
problem-in_use = Something else still points at this. Remove that first.
problem-idempotency_key_reused = This was sent before with other content. Enter it once more.
problem-too_many_requests = Too many attempts. Wait a minute and try again.
problem-too_large = That is more than the server takes at once. Send it in smaller parts.
problem-unavailable = The server is busy or its database is away. Try again in a moment.
problem-timeout = The server took too long. Try again in a moment.
problem-method_not_allowed = The server does not know this request. Update EcoTrack on both sides.
problem-internal = Something broke on the server; its log says what. Try again, and tell whoever runs it.
problem-unreadable = The server answered something this program cannot read. Update EcoTrack on both sides.

## Wrong fields.

field-error-required = Needed.
field-error-too_short = At least { $min } characters.
field-error-too_long = At most { $max } characters.
field-error-not_an_email = Not an e-mail address; it looks like ana@example.org.
field-error-control_characters = Holds characters that cannot be printed.
field-error-out_of_range = From { $min } to { $max }.
field-error-not_a_currency = A currency has three capital letters, such as BRL or EUR.
field-error-not_a_time_zone = Not a time zone; it looks like America/Sao_Paulo.
field-error-not_a_country = A country has two capital letters, such as BR.
field-error-both_coordinates = Give both latitude and longitude, or neither.
field-error-in_the_future = Lies in the future.
field-error-ends_before_it_starts = Ends before it starts.
field-error-negative = Cannot be negative.
field-error-too_large = At most { $max }.
field-error-too_precise = At most { $places } decimal places.
field-error-not_a_number = Not a number.
field-error-not_a_date = Not a date; type it like { $example }.
field-error-register_lower = Lower than the { $previous } of { $previous_at }.
field-error-overlaps = Overlaps a reading that is there already.
field-error-not_a_tariff = There is no tariff of this name.
field-error-register_higher = Higher than the { $next } of { $next_at }.
field-error-taken = Another one has this name; choose another.
field-error-has_steps = The steps that are stored are cut at this zone's midnights; make a new home for another zone.
field-error-meter_of_steps = This meter's readings come as steps; import a file instead.
field-error-too_many_days = Longer than { $max } days.
field-error-too_many_lines = At most { $max } lines.
field-error-too_many_rows = At most { $max } rows at once.
field-error-do_not_add_up = The lines add up to { $sum }, the total is { $total }: { $difference } is missing.
field-error-twice = The same instant as row { $row }.
field-error-duplicate_reading = There is a reading at this instant already.
field-error-overlaps_bill = These days are in another bill already.
field-error-not_positive = More than zero.
field-error-season_twice = One season is painted twice.
field-error-only_for_device_meters = Only a meter of one device takes a device.
field-error-not_a_code = A code has 16 letters and digits, such as ABCD-EFGH-JKMN-PQRS.
field-error-not_valid_code = This code was used, has expired, or never was. Ask for a new one.
field-error-wrong_password = This is not your password.
field-error-name_does_not_match = Type the name of the home exactly as it stands.
field-error-not_a_member = Not a member of this home.
field-error-not_a_device = There is no such device in this home.
field-error-not_a_meter = There is no such meter in this home.
field-error-not_a_catalog_device = The catalogue has no such device.
field-error-other_channel = That meter measures something else.
field-error-has_readings = This cannot change any more: the meter has readings.
field-error-unknown = Not accepted ({ $code }).

## Findings in imported files.

import-finding-line = line { $line }: { $text }
import-finding-header = the first line must be “timestamp,kwh”
import-finding-encoding = not UTF-8 text; save the file as UTF-8
import-finding-columns = a row has two columns: timestamp and kWh
import-finding-timestamp = “{ $found }” is not a time; write 2026-11-10T14:00:00-03:00
import-finding-no_offset = “{ $found }” says no offset; add one, such as -03:00 or Z
import-finding-number = “{ $found }” is not a number
import-finding-negative = “{ $found }” is negative; energy is never less than zero
import-finding-too_large = “{ $found }” is more than one step can hold ({ $max } kWh)
import-finding-duplicate = the same instant as line { $first }
import-finding-spacing = rows must be evenly spaced, 5, 10, 15, 30 or 60 minutes apart
import-finding-too_few_rows = at least two rows are needed to know their spacing
import-finding-too_many_rows = more than { $max } rows; split the file
import-finding-meter_of_registers = this meter is read by its counter; name one that takes steps, or make one with --new-meter NAME
import-finding-off_the_grid = the step at { $at } does not begin at a whole step of the home's local day
import-finding-day_is_spread = { $date } is known from longer readings, which steps cannot be mixed with
import-finding-other_step = { $date } is stored in steps of { $stored } minutes, the file has { $new }
import-finding-kept = { $count } values differ from what is stored; what is stored was kept (--on-conflict replace takes the file's)
import-finding-replaced = { $count } stored values were replaced by the file's
import-finding-unknown = not accepted ({ $code })

## Alerts.

alert-no-data-title = No readings from { $meter }
alert-no-data-body = Nothing for { $days } days; the last is of { $last }.
alert-day-above-forecast-title = { $date } far above its forecast
alert-day-above-forecast-body = { $kwh } used; at most { $hi95 } was to be expected.
alert-goal-pace-title = Goal { $limit }
alert-goal-pace-body = { $probability } likely to pass it, around { $date }.

## What flows through a meter.

channel-grid-import = from the grid
channel-grid-export = to the grid
channel-solar-production = solar
channel-battery-charge = into the battery
channel-battery-discharge = out of the battery
channel-device = device
channel-gas = gas
channel-water = water

## Keys: what each does.

key-acknowledge = seen
key-alerts = other alert
key-back = back
key-close = close
key-correct = correct
key-dashboard = dashboard
key-date = value or time
key-help = help
key-language = português
key-meter = other meter
key-move = up, down
key-newest = newest
key-next-home = next home
key-next-or-send = go on
key-other-field = other field
key-page = page
key-quit = quit
key-quit-at-once = quit at once
key-reading = reading
key-readings = readings
key-register = make an account
key-remove = remove
key-save = save
key-savings = savings
key-sign-in = sign in
key-sign-out = sign out
key-tips = tips
key-undo = undo
key-why = why
help-title = Keys

## On every screen.

tab-dashboard = Dashboard
tab-readings = Readings
link-asking = …
link-up = connected
link-live = live
link-away = server away, retrying
link-away-since = server away, retrying · as of { $at }
server-away-kept = The server is away. Nothing you typed is lost; try again in a moment.
form-sending = Sending…
form-first-meter = Main meter
today = today
estimated = estimate
notice-undone = Undone.
notice-removed = Removed. u brings it back.
notice-saved = Saved: { $register } at { $at }. u undoes.
notice-saved-difference = Saved: { $register } at { $at }, { $kwh } kWh. u undoes.

## Welcome.

welcome-what = What your home’s electricity uses, costs and emits, what it is going to, why, and what to do about it.
welcome-demo = Only looking? “ecotrack demo” opens a home with real readings.
welcome-asking = Asking the server for saving tips…
welcome-away = { $server } does not answer. Start it with “ecotrack-server”, or look around with “ecotrack demo”. Trying again by itself.
welcome-tip = Saving tip { $n } of { $of } ‹ ›
tip-source = Source: { $source }

## Signing in, an account, a home.

sign-in-title = Sign in
sign-in-what = With the e-mail and password of your account on this server.
register-title = Make an account
register-what = It lives on this server only. Next you tell us about your home.
new-home-title = Your home
new-home-what = One last thing: the home whose electricity you want to follow. All of it can be changed later.
label-email = E-mail
label-password = Password
label-display-name = Your name
label-home-name = Name of the home
label-connection = Connection
label-cycle-day = Cycle begins on day
label-time-zone = Time zone
label-currency = Currency
label-country = Country
hint-display-name = as your household calls you
hint-email = you sign in with it
hint-password = at least 10 characters
hint-home-name = such as Casa Aurora
hint-cycle-day = of the month: the reading date on your bill
connection-single = single-phase
connection-two = two-phase
connection-three = three-phase

## Dashboard.

dashboard-loading = Fetching your home…
cycle-title = Cycle { $first } – { $last } · day { $day } of { $days }
coverage = { $measured } of { $elapsed } days measured
against-previous = { $percent } on last cycle, same { $days } days
against-previous-short = { $percent } on last cycle
against-year-before-short = { $percent } on last year
against-year-before = { $percent } on last year, same { $days } days
goal = goal { $limit }
co2e-factor = { $factor } kg/kWh · { $region } { $year } · { $basis }
basis-generation_only = generation only
basis-life_cycle = life cycle
basis-direct_co2_only = direct CO₂ only
chart-title = kWh a day
chart-band = 80 % band
chart-gap = gap
chart-empty = No day is known yet. Two readings make the first (r), or import a file: “ecotrack readings import”.
alerts-title = Alerts
alerts-none = Nothing out of the ordinary.
alerts-acknowledge = a: seen
devices-title = Where it goes
devices-none = No devices yet.
devices-more = and { $n } more
untracked = Untracked
untracked-negative = Devices are estimated above the meter.
bill-title = This cycle’s bill
bill-likely = likely { $amount }
bill-next-kwh = next kWh costs { $price }
bill-kwh = { $likely } at the end, 80 %: { $lo }–{ $hi }
bill-co2e = { $likely } at the end, 80 %: { $lo }–{ $hi }
bill-no-tariff = No tariff is set: set one to see the bill.
forecast-too-little = No forecast yet: { $have } of { $need } days known.
forecast-not-trained = Enough is known; the forecast is being trained.
flag-green = green flag
flag-yellow = yellow flag
flag-red1 = red flag 1
flag-red2 = red flag 2
flag-red_1 = red flag 1
flag-red_2 = red flag 2
flag-scarcity = scarcity flag
bill-line-TE = Energy (TE)
bill-line-TUSD = Network (TUSD)
bill-line-FLAG = Tariff flag
bill-line-COSIP = Street lighting
bill-line-PIS = PIS
bill-line-COFINS = COFINS
bill-line-ICMS = ICMS
bill-line-MINIMUM = Minimum
assumption-tariff_assumed = Tariff carried forward from its last known prices.
assumption-flag_assumed = Flag of the last known month assumed.
assumption-tax_defaults = Taxes at their usual rates.
assumption-factor-of = CO₂e with the factor of { $year }, the newest published.
days-title = Day by day
savings-title = Savings
savings-none = No saving measure fits this home yet.
savings-n = Saving { $n } of { $of } ‹ ›
savings-why = Enter: why
savings-told = { $title }: { $saved } a month
savings-because = { $formula } · { $source }
demo-note = Demo: real readings of a house near Paris, moved by { $weeks } weeks; devices, bills, goals and tariff are examples.
demo-note-short = Demo: real readings of a house near Paris, { $weeks } weeks later; the rest: examples

## Readings.

readings-title = Readings
readings-of = Readings · { $meter } ({ $channel })
readings-loading = Fetching the readings…
readings-none = No reading yet. n enters the first: the number on the meter’s counter.
readings-no-meter = This home has no meter yet.
readings-step = This meter’s readings come as steps, from a file or a program: “ecotrack readings import”. The last day known is { $last }.
column-when = when
column-register = register
column-difference = kWh since
column-per-day = a day
column-source = from
source-manual = typed
source-import = file
source-api = program
source-demo = demo
register-restarted = counter began anew
entry-last = { $register } on { $date }
entry-now = now
entry-per-day = { $kwh } a day
entry-lower = Lower than { $register } ({ $at }): new or rolled-over meter? Enter confirms.
entry-lower-than-before = Lower than the reading before: new or rolled-over meter? Enter confirms.
entry-exists = There already is a reading at this instant: { $register } ({ $at }).
entry-changed = Somebody made it { $register } ({ $at }). Enter puts yours in its place.
entry-away = The server is away. What you typed stays; Enter tries again.

## The dashboard as text.

text-title = { $home } · cycle { $first } – { $last }, day { $day } of { $days }
text-as-of = As of { $at }
text-demo = Demo home: real readings of a house near Paris, moved { $weeks } weeks in time. Devices, bills, goals and tariff are examples.
text-so-far = This cycle so far
text-energy = Energy
text-cost = Cost
text-co2e = CO₂e
text-coverage = Coverage
text-goal = Goal
text-daily = Day by day
text-not-known = –
text-compared-previous = { $percent } on the cycle before ({ $kwh } in the same { $days } days)
text-compared-year = { $percent } on a year before ({ $kwh } in the same { $days } days)
text-nothing-to-compare = Nothing to compare with yet.
text-cost-note = the energy with its taxes; fixed charges are in the bill below
text-no-cost = No cost without a tariff: set one for this home.
text-co2e-note = { $factor } kg/kWh: { $region } { $year }, { $basis } ({ $source })
text-no-co2e = No CO₂e without an emission factor: set the grid region of this home.
text-basis-generation_only = generation only
text-basis-life_cycle = life cycle
text-basis-direct_co2_only = direct CO₂ only
text-coverage-value = { $measured } of { $elapsed } days measured
text-goal-used = { $used } used
text-goal-likely = likely { $likely } at the end
text-goal-chance = { $probability } likely to pass it
text-goal-when = around { $date }
text-example = example
text-estimate = estimate
text-daily-note = up to { $kwh }; · is a gap
text-at-the-end = At the end of the cycle, { $date }
text-likely = likely
text-band-80 = 80 %
text-band-95 = 95 %
text-bill = Bill
text-next-kwh = One more kWh costs { $money }.
text-flag = The flag is { $flag }.
text-flag-green = green
text-flag-yellow = yellow
text-flag-red1 = red, level 1
text-flag-red2 = red, level 2
text-flag-scarcity = water scarcity
text-no-projection = The bill at the end of the cycle needs a tariff and a forecast.
text-next-days = Next { $days } days, in kWh
text-model = Model { $model } from { $origin } on, trained on { $from } – { $to }.
text-accuracy = In the backtest it was { $mae } kWh a day off, { $from } to { $until } days ahead; the same weekday of the week before was { $naive } off.
text-too-little = No forecast yet: it needs { $need } known days, and { $have } are known.
text-not-trained = No forecast yet: enough is known, and the training has not run. It runs each night.
text-devices = Where it goes
text-no-devices = No devices yet.
text-untracked = Untracked
text-alerts = Alerts
text-no-alerts = None.
text-suggestions = Saving, most first
text-no-suggestions = Nothing that fits this home yet.
text-saving = a month: { $saving }
text-no-saving = no figure for this home yet
text-how = how: { $formula } ({ $source })
text-meters = Meters
text-last-reading = { $kwh } on { $at }
text-last-day = known up to { $date }
text-no-reading = nothing yet
text-assumptions = Taken for granted
text-assumption-tariff_assumed = Prices past their last known date are carried forward.
text-assumption-flag_assumed = Flags past their last known month are carried forward.
text-assumption-tax_defaults = Tax rates are the usual ones, not those of your bill.
text-assumption-factor = CO₂e is computed with the emission factor of { $year }, the newest there is.

## The command line.

cli-away = No server answers at { $address }. Start one with “ecotrack-server”, name another with --server, or look around with “ecotrack demo”.
cli-system = The system said no: { $reason }
cli-sign-in-hint = Type: ecotrack login
cli-stands-there = It says { $reading }.
cli-request-id = The log has it under { $id }.
cli-bad-address = “{ $address }” is not the address of a server; it looks like http://127.0.0.1:7878
cli-bad-language = “{ $language }” is not a language of EcoTrack; write en or pt-BR
cli-config-unreadable = Cannot read the configuration { $path }: { $reason }
cli-no-home = There is no home folder: set ECOTRACK_STATE_DIR to where sign-ins and logs shall be.
cli-session-too-open = Others can read { $path } (mode { $mode }), so its sign-in may not be yours alone. Type “ecotrack logout” and sign in again, or, if you trust everybody here: chmod 600 { $path }
cli-session-corrupt = { $path } is not a sign-in of EcoTrack. Type “ecotrack logout” and sign in again.
cli-session-io = Cannot use { $path }: { $reason }
cli-not-signed-in = You are not signed in at { $server }. Type: ecotrack login
cli-was-not-signed-in = You were not signed in at { $server }.
cli-signed-in = Signed in at { $server } as { $name }.
cli-signed-out = Signed out of { $server }.
cli-signed-out-here = This computer forgot the sign-in, but { $server } could not be told; it ends there by itself.
cli-email-needed = Without a terminal the e-mail comes from --email and the password from standard input.
cli-ask-email = E-mail:
cli-ask-password = Password:
cli-whoami-name = Name
cli-whoami-server = Server
cli-whoami-home = Home
cli-whoami-current = looked at last
cli-role-viewer = viewer
cli-role-editor = editor
cli-role-owner = owner
cli-no-such-home = No home is called “{ $name }”. You have: { $names }
cli-which-home = Say which home with --profile: { $names }
cli-no-home-yet = You have no home yet. Open the screens with “ecotrack” and make one.
cli-no-such-meter = No meter is called “{ $name }”. This home has: { $names }
cli-which-meter = Say which meter with --meter: { $names }
cli-no-meter-yet = This home has no meter yet. To import a file, make one: --new-meter NAME
cli-no-register-meter = No meter of this home is read by its counter. Say which one with --meter: { $names }
cli-no-step-meter = No meter of this home takes files of steps ({ $names }). Make one: --new-meter NAME
cli-field-email = E-mail
cli-field-password = Password
cli-field-register_kwh = KWH
cli-field-read_at = --at
cli-field-note = --note
cli-reading-added = Stored { $kwh } on { $at }, { $meter }.
cli-since-previous = { $kwh } since the reading before.
cli-no-readings = No readings yet.
cli-steps-not-listed = This meter's energy comes in steps, which are not listed one by one; “ecotrack dashboard” sums them up.
cli-column-read-at = Read
cli-column-reading = Reading
cli-column-since = Since before
cli-column-remarks = Remarks
cli-restarted = counter began anew
cli-source-manual = typed
cli-source-import = file
cli-source-api = program
cli-source-demo = demo
cli-period = { $kwh } (until { $until })
cli-file-unreadable = Cannot read { $path }: { $reason }
cli-import-checking = the server is checking it
cli-import-refused = { $count ->
    [one] Nothing was stored. Put this right and import the file again.
   *[other] Nothing was stored. Put these { $count } right and import the file again.
}
cli-import-read = { $rows } rows, { $minutes } minutes each: { $kwh }.
cli-import-span = From { $first } to { $until }.
cli-import-missing = { $count } steps are missing in between.
cli-import-nothing-new = Nothing new: { $meter } knows all of it already.
cli-import-did = { $meter }: { $added } added, { $same } known already, { $other } different from what was stored.
cli-import-would = Nothing was stored. { $meter } would get { $added } added; { $same } are known already, { $other } differ from what is stored.
cli-score-model = Model
cli-score-days = Days ahead
cli-score-mae = Off, kWh a day
cli-score-mase = MASE
cli-score-within80 = In 80 % band
cli-score-within95 = In 95 % band
cli-score-chosen = in use
cli-no-terminal = The screens need a terminal. Without one, type “ecotrack dashboard” or “ecotrack --help”.
cli-demo-starting = Starting the demo. The first time takes about a minute.
cli-demo-step-database = Starting the database…
cli-demo-step-migrations = Preparing the database…
cli-demo-step-reference = Loading tariffs, appliances and emission factors…
cli-demo-step-readings = Loading the demo home's readings…
cli-demo-step-training = Training the forecast…
cli-demo-no-server = Cannot start the server, { $path }: { $reason }. Build it with “make”, or put it beside “ecotrack” or on the PATH.
cli-demo-failed = The demo could not start: { $error } The whole story is in { $log }.
cli-demo-ended = The demo's server ended before it was ready. The reason is in { $log }.
cli-demo-still-stopping = The demo's server is still stopping. Should it hang, the reason is in { $log }.
