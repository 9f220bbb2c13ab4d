/** For jobs that have no business with the network. */
export const NO_NETWORK = {
  fetch: () => Promise.reject(new Error('This job does not go out')),
  random: () => 0.5,
};
