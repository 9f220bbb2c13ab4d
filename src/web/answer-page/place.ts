/** Where the pages are. */
export const PREFIX = '/invitation/';
