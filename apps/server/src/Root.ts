/**
 * The folder that the server's files are found from: `src` when run from source, `dist` when bundled.
 *
 * @since 0.1.0
 */
export const folder = new URL(".", import.meta.url)
