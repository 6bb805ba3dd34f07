package io.llamamesh.fabric.linkstate;

import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.node.Incarnation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last ad of every node. An ad's age is that of its making and only grows: no exchange makes it
 * younger, and one that is older than a day is refused, so that what was forgotten here is not
 * brought back by somebody who was away. What is forgotten on purpose is kept as such for a day.
 */
public final class LinkStateAdTable {

  /** How long an ad is believed after it was made, in milliseconds. */
  public static final long MAX_AGE_MILLIS = 24 * 3_600_000L;

  /** Nodes that a table holds, those included that others only name. */
  public static final int MAX_NODES = 16_384;

  private static final long MS = 1_000_000L;

  /** What became of an ad. */
  public enum Offer {
    /** It is news. */
    NEWER,
    /** It is known. */
    KNOWN,
    /** A newer one is known. */
    OLDER,
    /** It is too old, malformed, or there are too many nodes. */
    REFUSED
  }

  private final Map<String, LinkStateAdEntry> entries = new LinkedHashMap<>();
  private final List<@Nullable LinkStateAdEntry> byIndex = new ArrayList<>();
  private final List<Integer> free = new ArrayList<>();
  private final long[] buckets = new long[LinkStateMessage.BUCKETS];
  private long refused;
  private int ads;

  /** The entry of a node, null if it is unknown. */
  public @Nullable LinkStateAdEntry get(String node) {
    return entries.get(node);
  }

  /** All nodes, those that are only named by others included. */
  public Collection<LinkStateAdEntry> entries() {
    return entries.values();
  }

  /** How many nodes have an ad, forgotten ones included. */
  public int size() {
    return ads;
  }

  /** The least number that is above all indexes. */
  public int indexBound() {
    return byIndex.size();
  }

  /** Ads that were refused, since the start. */
  public long refused() {
    return refused;
  }

  /** The entry of a node, made if need be; null if there is no room. */
  @Nullable LinkStateAdEntry entry(String node) {
    @Nullable LinkStateAdEntry entry = entries.get(node);
    if (entry == null && entries.size() < MAX_NODES) {
      int index = free.isEmpty() ? byIndex.size() : free.removeLast();
      entry = new LinkStateAdEntry(node, index);
      if (index == byIndex.size()) {
        byIndex.add(entry);
      } else {
        byIndex.set(index, entry);
      }
      entries.put(node, entry);
    }
    return entry;
  }

  /** True when an ad would be news. */
  boolean isNewer(LinkStateAd ad) {
    @Nullable LinkStateAdEntry entry = entries.get(ad.node());
    @Nullable LinkStateAd known = entry == null ? null : entry.ad;
    return known == null || ad.isNewerThan(known.incarnation(), known.sequence());
  }

  /** Takes an ad if it is news. */
  Offer offer(AgedAd aged, long now) {
    LinkStateAd ad = aged.ad();
    long age = aged.ageMillis();
    if (age < 0 || age > MAX_AGE_MILLIS || !Incarnation.isValid(ad.incarnation())) {
      refused++;
      return Offer.REFUSED;
    }
    @Nullable LinkStateAdEntry entry = entry(ad.node());
    if (entry == null) {
      refused++;
      return Offer.REFUSED;
    }
    long bornAt = now - age * MS;
    @Nullable LinkStateAd known = entry.ad;
    if (known != null && !ad.isNewerThan(known.incarnation(), known.sequence())) {
      if (known.isNewerThan(ad.incarnation(), ad.sequence())) {
        return Offer.OLDER;
      }
      entry.bornAt = Math.min(entry.bornAt, bornAt);
      return Offer.KNOWN;
    }
    put(entry, ad, bornAt);
    return Offer.NEWER;
  }

  private void put(LinkStateAdEntry entry, LinkStateAd ad, long bornAt) {
    if (entry.ad == null) {
      ads++;
    }
    buckets[entry.bucket()] ^= entry.versionHash();
    entry.ad = ad;
    entry.bornAt = bornAt;
    entry.neighbors = resolve(ad.neighbors());
    entry.vouched = resolve(ad.vouched());
    buckets[entry.bucket()] ^= entry.versionHash();
  }

  private LinkStateAdEntry[] resolve(List<String> names) {
    if (names.isEmpty()) {
      return LinkStateAdEntry.NONE;
    }
    LinkStateAdEntry[] resolved = new LinkStateAdEntry[names.size()];
    int count = 0;
    for (String name : names) {
      @Nullable LinkStateAdEntry entry = entry(name);
      if (entry != null) {
        resolved[count++] = entry;
      }
    }
    return count == resolved.length ? resolved : Arrays.copyOf(resolved, count);
  }

  /** The age of a node's ad. */
  static long ageMillis(LinkStateAdEntry entry, long now) {
    return Math.max(0, (now - entry.bornAt) / MS);
  }

  /** The hash of a bucket. */
  long bucket(int bucket) {
    return buckets[bucket];
  }

  /**
   * Takes out ads that are too old, and nodes that nobody names any more.
   *
   * @param keep a node that is never taken out
   * @return those that are gone
   */
  List<LinkStateAdEntry> expire(long now, String keep) {
    Map<LinkStateAdEntry, Boolean> named = new HashMap<>();
    for (LinkStateAdEntry entry : entries.values()) {
      boolean old = entry.ad != null && ageMillis(entry, now) > MAX_AGE_MILLIS;
      if (old && !entry.name().equals(keep)) {
        buckets[entry.bucket()] ^= entry.versionHash();
        entry.ad = null;
        entry.neighbors = LinkStateAdEntry.NONE;
        entry.vouched = LinkStateAdEntry.NONE;
        ads--;
      }
      for (LinkStateAdEntry neighbor : entry.neighbors) {
        named.put(neighbor, true);
      }
      for (LinkStateAdEntry vouched : entry.vouched) {
        named.put(vouched, true);
      }
    }
    List<LinkStateAdEntry> gone = new ArrayList<>();
    for (LinkStateAdEntry entry : entries.values()) {
      if (entry.ad == null && !named.containsKey(entry)) {
        gone.add(entry);
      }
    }
    for (LinkStateAdEntry entry : gone) {
      entries.remove(entry.name());
      byIndex.set(entry.index(), null);
      free.add(entry.index());
    }
    return gone;
  }
}
