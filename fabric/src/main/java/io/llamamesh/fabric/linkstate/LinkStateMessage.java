package io.llamamesh.fabric.linkstate;

import io.llamamesh.fabric.node.Message;
import java.util.List;

/** A message between link states over links, and a leaving node to others in datagrams. */
public sealed interface LinkStateMessage extends Message {

  /** Ads that one message may carry. */
  int MAX_ADS = 256;

  /** Names that the ads of one message may hold together before another message is begun. */
  int MAX_NAMES = 2_000;

  /** Buckets into which nodes fall by their names, for digests. */
  int BUCKETS = 64;

  /** Nodes that one summary may name. */
  int MAX_SUMMARY = 3_500;

  /**
   * An ad and its age, which is that of its making and travels with it.
   *
   * @param ageMillis as of the sending
   */
  record AgedAd(LinkStateAd ad, long ageMillis) {}

  /** Ads that are news to the sender. */
  record Ads(List<AgedAd> ads) implements LinkStateMessage {
    public Ads {
      ads = List.copyOf(ads);
    }
  }

  /** A hash of all that the sender knows, one for each bucket. */
  record Digest(List<Long> buckets) implements LinkStateMessage {
    public Digest {
      buckets = List.copyOf(buckets);
    }
  }

  /** The version of a node's ad that is known. */
  record Version(String node, long incarnation, long sequence) {}

  /**
   * All that the sender knows in these buckets.
   *
   * @param buckets a bit for each bucket
   */
  record Summary(long buckets, List<Version> versions) implements LinkStateMessage {
    public Summary {
      versions = List.copyOf(versions);
    }
  }

  /** A leaving node's last ad, as a datagram: whoever gets it floods it. */
  record Leaving(AgedAd ad) implements LinkStateMessage {}

  /** The answer to {@link Leaving}. */
  record LeavingSeen(long incarnation) implements LinkStateMessage {}
}
