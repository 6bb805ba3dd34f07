package io.llamamesh.local.main;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/** Warnings of what the relay itself did, which may show as loss though no fault did it. */
final class RelayWarnings {
  private final LongSupplier dropped;
  private final LongSupplier heldUp;
  private final LongSupplier unknownSenders;
  private Counts reported = new Counts(0, 0, 0);

  private record Counts(long dropped, long heldUp, long unknownSenders) {
    Counts since(Counts before) {
      return new Counts(
          dropped - before.dropped, heldUp - before.heldUp, unknownSenders - before.unknownSenders);
    }

    List<String> words() {
      List<String> words = new ArrayList<>();
      if (dropped > 0 || heldUp > 0) {
        words.add(
            "the fault relay itself dropped %d datagrams and held up %d by more than 0.1 s, this machine being too busy: they may show as loss"
                .formatted(dropped, heldUp));
      }
      if (unknownSenders > 0) {
        words.add(
            "the fault relay passed on none of %d datagrams from outside the mesh: with --fault only agents reach nodes' addresses"
                .formatted(unknownSenders));
      }
      return words;
    }
  }

  /**
   * @param dropped datagrams that the relay could not pass, so far
   * @param heldUp those that waited for it for long
   * @param strangers those that no node sent
   */
  RelayWarnings(LongSupplier dropped, LongSupplier heldUp, LongSupplier strangers) {
    this.dropped = dropped;
    this.heldUp = heldUp;
    this.unknownSenders = strangers;
  }

  /** Warnings where there is no relay: none. */
  static RelayWarnings none() {
    return new RelayWarnings(() -> 0, () -> 0, () -> 0);
  }

  /** Of the whole run. */
  List<String> all() {
    return now().words();
  }

  /** Since this was asked last. */
  List<String> sinceLastCall() {
    Counts now = now();
    List<String> words = now.since(reported).words();
    reported = now;
    return words;
  }

  private Counts now() {
    return new Counts(dropped.getAsLong(), heldUp.getAsLong(), unknownSenders.getAsLong());
  }
}
