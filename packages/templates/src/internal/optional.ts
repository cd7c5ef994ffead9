/**
 * An object with the key when there is a value, else without it: for optional keys that must not hold `undefined`.
 *
 * @internal
 */
export const optional = <K extends string, A>(key: K, value: A | undefined): { readonly [P in K]?: A } =>
  // A computed key of a generic type is only known as an index signature.
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: A }
