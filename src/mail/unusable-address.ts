/** No mail can be sent to this address, or from it, now or later. */
export class UnusableAddress extends Error {
  override readonly name = 'UnusableAddress';
}
