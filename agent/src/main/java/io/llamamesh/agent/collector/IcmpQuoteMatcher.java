package io.llamamesh.agent.collector;

import io.llamamesh.agent.net.QueuedError;
import io.llamamesh.agent.net.Remote;
import io.llamamesh.agent.wire.LegacyProbe;
import io.llamamesh.agent.wire.PairSigner;
import io.llamamesh.agent.wire.ProbeFormat;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeParser;
import io.llamamesh.agent.wire.Slots;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Finder of the probe that an ICMP error quotes, by which forged errors are refused: anybody can
 * send one, from any address, but only who has seen a probe in flight can quote it.
 */
final class IcmpQuoteMatcher {

  private final Roster roster;
  private final ProbeParser parser = new ProbeParser();
  private long sequence;

  IcmpQuoteMatcher(Roster roster) {
    this.roster = roster;
  }

  /**
   * Finds it by its nonce, flow and sequence, and by the MAC where that is quoted.
   *
   * @param from the port whose error queue it was in
   * @return its flow; null unless the quote is of a pending probe of this port that went to the
   *     error's destination
   */
  @Nullable Flow find(QueuedError error, SourcePort from, ProbeKeys keys) {
    ByteBuffer quote = error.quote();
    int offset = error.quoteOffset();
    int length = error.quoteLength();
    if (!parser.tryParseSignature(quote, offset, length)
        && !parser.tryParseLegacy(quote, offset, Math.min(length, LegacyProbe.BYTES))) {
      return null;
    }
    Flow flow = roster.flow(parser.nonce(quote), parser.flow(quote));
    if (flow == null || flow.source() != from || !isTo(flow.pair().peer().remote(), error)) {
      return null;
    }
    sequence = flow.sequence(parser.sequence(quote));
    if (sequence < 0 || flow.kind(sequence) != Flow.PENDING) {
      return null;
    }
    boolean checked =
        keys.isRequired() && flow.pair().plan().keyed() && length >= ProbeFormat.MIN_DATAGRAM;
    return !checked || isHeadVerified(flow, keys, quote, offset, length) ? flow : null;
  }

  private boolean isHeadVerified(
      Flow flow, ProbeKeys keys, ByteBuffer quote, int offset, int length) {
    PairSigner signer = flow.pair().peer().signer();
    if (flow.hasFlag(sequence, Flow.BY_PAIR)) {
      return signer != null && signer.isHeadVerified(quote, offset, length, Slots.REQUEST);
    }
    return keys.isHeadVerified(quote, offset, length, Slots.REQUEST);
  }

  private static boolean isTo(Remote remote, QueuedError error) {
    return remote.high() == error.high()
        && remote.low() == error.low()
        && remote.port() == error.port();
  }

  /** Full sequence number of the probe that was found last. */
  long sequence() {
    return sequence;
  }
}
