/** Members that may be absent, built without a condition each. */
type Optional<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];
export type Present<T> = Omit<T, Optional<T>> & {
  readonly [K in Optional<T>]?: Exclude<T[K], undefined>;
};

/** Without the members that are undefined: what is not there is absent. */
export const present = <T extends object>(value: T): Present<T> =>
  Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as Present<T>;

/** For a member that is absent where it is 0. */
export const unlessZero = (number: number | undefined): number | undefined => number || undefined;

/** For a member that is absent where it is empty. */
export const unlessEmpty = <T extends ArrayLike<unknown>>(list: T): T | undefined =>
  list.length > 0 ? list : undefined;
