package io.llamamesh.fabric.linkstate;

import org.jspecify.annotations.Nullable;

/** A node in the table: its last ad, if any, and its neighbours resolved. */
public final class LinkStateAdEntry {

  static final LinkStateAdEntry[] NONE = {};

  private final String name;
  private final long nameHash;
  private final int index;
  @Nullable LinkStateAd ad;
  long bornAt;
  LinkStateAdEntry[] neighbors = NONE;
  LinkStateAdEntry[] vouched = NONE;

  LinkStateAdEntry(String name, int index) {
    this.name = name;
    this.nameHash = hash(name);
    this.index = index;
  }

  /** The node's name. */
  public String name() {
    return name;
  }

  /** The node's number in its table, dense and reused. */
  public int index() {
    return index;
  }

  /** The last ad, null if only others have named this node. */
  public @Nullable LinkStateAd ad() {
    return ad;
  }

  /** The node's incarnation, 0 if no ad is known. */
  public long incarnation() {
    LinkStateAd known = ad;
    return known == null ? 0 : known.incarnation();
  }

  /** When the ad was made, on this node's clock, in nanoseconds. */
  public long bornAt() {
    return bornAt;
  }

  /** True when the node was forgotten and has not been back. */
  public boolean isForgotten() {
    LinkStateAd known = ad;
    return known != null && known.status() == LinkStateAd.Status.FORGOTTEN;
  }

  /** How many neighbours it has by its own word. */
  public int degree() {
    return neighbors.length;
  }

  /** Its i-th neighbour. */
  public LinkStateAdEntry neighbor(int i) {
    return neighbors[i];
  }

  /** How many nodes it vouches for. */
  public int vouchedCount() {
    return vouched.length;
  }

  /** The i-th node that it vouches for. */
  public LinkStateAdEntry vouched(int i) {
    return vouched[i];
  }

  /** True when it names the other as a neighbour or vouches for it. */
  public boolean isHearing(LinkStateAdEntry other) {
    return contains(neighbors, other) || contains(vouched, other);
  }

  static boolean contains(LinkStateAdEntry[] entries, LinkStateAdEntry entry) {
    for (LinkStateAdEntry each : entries) {
      if (each == entry) {
        return true;
      }
    }
    return false;
  }

  int bucket() {
    return (int) (nameHash & (LinkStateMessage.BUCKETS - 1));
  }

  /** What this entry adds to the hash of its bucket. */
  long versionHash() {
    LinkStateAd known = ad;
    return known == null ? 0 : mix(nameHash ^ mix(known.incarnation() ^ mix(known.sequence())));
  }

  /** FNV-1a, the same everywhere. */
  private static long hash(String name) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    return mix(hash);
  }

  /** The finalizer of MurmurHash3. */
  private static long mix(long value) {
    long z = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
    z = (z ^ (z >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return z ^ (z >>> 33);
  }
}
