declare const __CLARA_VERSION__: string | undefined;

/** The version of the package that this app was built from; `dev` when it was not built. */
export const VERSION: string = typeof __CLARA_VERSION__ === 'string' ? __CLARA_VERSION__ : 'dev';
