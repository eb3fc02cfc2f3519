// Stand-in for Apache APISIX 3.17: why it does not start.

/** config.yaml can't be used; the message says what to change. */
export class SettingsError extends Error {}
