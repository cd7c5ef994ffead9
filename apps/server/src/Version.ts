/**
 * The version of this server.
 *
 * @since 0.1.0
 */
export const version = "0.1.0"
