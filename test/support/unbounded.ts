/** What would become of a gateway that keeps everything for slow readers? Loaded before it, this takes the bound away. */
import { Subscriber } from '../../src/stream/subscriber.ts';

const { end } = Subscriber.prototype;
Subscriber.prototype.end = function (this: Subscriber, reason) {
  return reason === 'OVERFLOW' ? (true as false) : end.call(this, reason);
};
