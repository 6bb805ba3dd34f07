package io.llamamesh.fabric.linkstate;

import io.llamamesh.fabric.node.FabricPeer;
import java.util.List;

/**
 * What a node says of itself to all others. Of two ads of one node the one of the greater
 * incarnation counts, and within an incarnation that of the greater sequence.
 *
 * @param node the origin
 * @param address where it can be dialled
 * @param incarnation its life
 * @param sequence greater with each ad of that life
 * @param status whether it stays
 * @param neighbors its active neighbours
 * @param unheard whom it does not hear as it should
 * @param vouched nodes without neighbours that it hears all the same
 * @param watched how many peers it watches in all, so that silence about one is not taken for
 *     ignorance
 */
public record LinkStateAd(
    String node,
    String address,
    long incarnation,
    long sequence,
    Status status,
    List<String> neighbors,
    List<Unheard> unheard,
    List<String> vouched,
    int watched) {

  /** Neighbours that an ad may name. */
  public static final int MAX_NEIGHBORS = 16;

  /** Unheard peers that an ad may name. */
  public static final int MAX_UNHEARD = 256;

  /** Vouched nodes that an ad may name. */
  public static final int MAX_VOUCHED = 64;

  /** The sequence of an ad that says that its node is forgotten: no other of that life beats it. */
  public static final long FORGOTTEN_SEQUENCE = Long.MAX_VALUE;

  /** True when a node stays. */
  public enum Status {
    /** It stays. */
    MEMBER,
    /** It is about to go, on purpose. */
    LEAVING,
    /** Said by others: its Node was deleted, and what is left of it is forgotten. */
    FORGOTTEN
  }

  /** Refuses names and lists that are too long. */
  public LinkStateAd {
    if (node.isEmpty()
        || node.length() > FabricPeer.MAX_NAME
        || address.isEmpty()
        || address.length() > FabricPeer.MAX_ADDRESS) {
      throw new IllegalArgumentException("an ad whose node has no proper name or address");
    }
    neighbors = List.copyOf(neighbors);
    unheard = List.copyOf(unheard);
    vouched = List.copyOf(vouched);
    if (neighbors.size() > MAX_NEIGHBORS
        || unheard.size() > MAX_UNHEARD
        || vouched.size() > MAX_VOUCHED) {
      throw new IllegalArgumentException("an ad that names too many nodes");
    }
  }

  /** True when this one counts and not the other. */
  public boolean isNewerThan(long otherIncarnation, long otherSequence) {
    return incarnation != otherIncarnation
        ? incarnation > otherIncarnation
        : sequence > otherSequence;
  }
}
