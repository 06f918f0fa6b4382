//! Keys of entities: UUID version 7, so they sort by the time they were made.

id!(
    /// A person who signs in.
    AccountId
);
id!(
    /// A home.
    EnergyProfileId
);
id!(
    /// A channel of a home.
    MeterId
);
id!(
    /// A device in a home.
    ProfileDeviceId
);
id!(
    /// A bill.
    BillingRecordId
);
id!(
    /// A limit for a period.
    ConsumptionGoalId
);
id!(
    /// Something a member should know.
    AlertId
);
id!(
    /// One act of one person, which may have changed several rows; the unit of undo.
    OperationId
);
id!(
    /// One imported file.
    ImportBatchId
);
id!(
    /// One sign-in.
    SessionId
);
id!(
    /// Days on which nobody is at home.
    AwayPeriodId
);
id!(
    /// A code that lets somebody join a home, once.
    InvitationId
);
id!(
    /// Where a member is told.
    NoticeChannelId
);
id!(
    /// A tariff that a home has from a day on.
    ProfileTariffId
);
id!(
    /// A key with which a meter or a program sends readings.
    ApiKeyId
);
id!(
    /// A series that somebody sends.
    LiveSourceId
);
id!(
    /// A topic of a broker that is listened to.
    LiveTopicId
);
