/**
 * The environment without what npm hands down to the scripts it runs, as this may be one of them:
 * its settings of the repository are not those of a user.
 */
export const ENVIRONMENT: NodeJS.ProcessEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)),
);
