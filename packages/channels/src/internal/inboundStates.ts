/** Where a stored delivery stands: what the `state` column says. */
export const pendingState = 0
export const doneState = 1
export const deadState = 2
