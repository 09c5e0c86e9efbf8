import packageFacts from '../../package.json' with { type: 'json' }

/** The release, as `--version` and the birth message say it. */
export const VERSION: string = packageFacts.version
