package io.llamamesh.fabric.linkstate;

import io.llamamesh.fabric.linkstate.LinkStateAd.Status;
import io.llamamesh.fabric.linkstate.LinkStateAdTable.Offer;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Ads;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Digest;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Leaving;
import io.llamamesh.fabric.linkstate.LinkStateMessage.LeavingSeen;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Summary;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Version;
import io.llamamesh.fabric.node.Incarnation;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Floods ads and keeps the table of them. A change that somebody waits for, such as a neighbour
 * that fell silent, is passed on at once; others are gathered for a tenth of a second when many
 * come, and what a neighbour sends itself meanwhile is not sent to it. Neighbours compare digests
 * when they get a link and every quarter of a minute, so that nothing that got lost stays so.
 */
public final class LinkState {

  private static final long MS = 1_000_000L;
  private static final long SECOND = 1_000 * MS;

  /** Own ads at once; one more each second. */
  private static final int OWN_BURST = 5;

  /**
   * Those of them that are kept for a neighbour's silence: it must not wait for the budget because
   * much has changed just before.
   */
  private static final int OWN_RESERVE = 2;

  /** Flushes of ordinary ads at once; one more each twentieth of a second. */
  private static final int FLUSH_BURST = 20;

  private static final long FLUSH_EACH = 50 * MS;
  private static final long GATHER = 100 * MS;
  private static final long EXPIRE_EACH = 60 * SECOND;

  /** How old an own ad gets before it is made anew, in meshes of up to a thousand nodes. */
  private static final long REFRESH = 300 * SECOND;

  private static final int REFRESHED_AT_ONCE = 1_000;

  /** What a link state asks of its owner. */
  public interface Host {

    /** Sends over the link to a neighbour or guest. */
    void send(String peer, LinkStateMessage message);

    /** What this node would say of itself now; sequence and status are replaced. */
    LinkStateAd describe();

    /** A node's ad was replaced. */
    void adChanged(LinkStateAdEntry entry, @Nullable LinkStateAd before);

    /** A node is taken out of the table. */
    void nodeGone(LinkStateAdEntry entry);

    /** Others hold a record of this node that is not of its life. */
    void outbid(long incarnation);
  }

  private final String self;
  private final RandomGenerator random;
  private final Host host;
  private final LinkStateAdTable table = new LinkStateAdTable();
  private final Map<String, Set<LinkStateAdEntry>> queues = new LinkedHashMap<>();
  private long incarnation;
  private long sequence;
  private Status status = Status.MEMBER;
  private boolean changed = true;
  private boolean urgent;
  private boolean atOnce;
  private double ownTokens = OWN_BURST;
  private long ownTokensAt;
  private long publishedAt = Long.MIN_VALUE / 2;
  private double flushTokens = FLUSH_BURST;
  private long flushTokensAt;
  private long flushedAt;
  private boolean urgentQueued;
  private boolean queued;
  private long nextExpire;
  private long nextDigest;
  private double refreshShare;
  private long adsPublished;
  private long adsReceived;
  private long adsDuplicate;

  /** The link state of a node that has said nothing yet. */
  public LinkState(String self, long incarnation, RandomGenerator random, Host host, long now) {
    this.self = self;
    this.incarnation = incarnation;
    this.random = random;
    this.host = host;
    this.ownTokensAt = now;
    this.flushTokensAt = now;
    this.flushedAt = now;
    this.nextExpire = now + EXPIRE_EACH;
    this.nextDigest = now + 10 * SECOND;
    this.refreshShare = 1 - random.nextDouble(0.2);
    table.entry(self);
  }

  /** The table. */
  public LinkStateAdTable table() {
    return table;
  }

  /** This node's entry. */
  public LinkStateAdEntry own() {
    LinkStateAdEntry own = table.get(self);
    if (own == null) {
      throw new IllegalStateException("a node is always in its own table");
    }
    return own;
  }

  /** This node's incarnation. */
  public long incarnation() {
    return incarnation;
  }

  /** Own ads, since the start. */
  public long adsPublished() {
    return adsPublished;
  }

  /** Ads that came, since the start. */
  public long adsReceived() {
    return adsReceived;
  }

  /** Ads that came and were known, since the start. */
  public long adsDuplicate() {
    return adsDuplicate;
  }

  /** This node goes on under another incarnation. */
  public void reincarnate(long greater) {
    incarnation = greater;
    sequence = 0;
    change(true);
  }

  /** This node is about to go. */
  public void leave() {
    status = Status.LEAVING;
    ownTokens = Math.max(1, ownTokens);
    changeAtOnce();
  }

  /** What this node would say of itself has changed; urgent if others wait for it. */
  public void change(boolean isUrgent) {
    changed = true;
    urgent |= isUrgent;
  }

  /** The same where a node is judged by it: it has fallen silent, or this one leaves. */
  public void changeAtOnce() {
    change(true);
    atOnce = true;
  }

  /** Takes over what an earlier life of this process has kept. */
  public void restore(List<AgedAd> ads, long now) {
    for (AgedAd aged : ads) {
      LinkStateAd ad = aged.ad();
      if (!ad.node().equals(self)) {
        // Whom it was connected to then says nothing about now.
        LinkStateAd bare =
            new LinkStateAd(
                ad.node(),
                ad.address(),
                ad.incarnation(),
                ad.sequence(),
                ad.status(),
                List.of(),
                List.of(),
                List.of(),
                0);
        accept(new AgedAd(bare, aged.ageMillis()), "", now);
      }
    }
    queued = false;
  }

  /** All ads with their ages, to be kept for the next life. */
  public List<AgedAd> snapshot(long now) {
    List<AgedAd> ads = new ArrayList<>();
    for (LinkStateAdEntry entry : table.entries()) {
      @Nullable LinkStateAd ad = entry.ad;
      if (ad != null) {
        ads.add(new AgedAd(ad, LinkStateAdTable.ageMillis(entry, now)));
      }
    }
    return ads;
  }

  /** A neighbour, or a guest for a moment: ads are flooded to it from now on. */
  public void neighborUp(String peer) {
    if (queues.putIfAbsent(peer, new LinkedHashSet<>()) == null) {
      host.send(peer, digest());
    }
  }

  /** Ends the flooding of ads to a peer. */
  public void neighborDown(String peer) {
    queues.remove(peer);
  }

  /** True where ads are flooded to the peer. */
  public boolean isFloodedTo(String peer) {
    return queues.containsKey(peer);
  }

  /** A node's own last ad, for datagrams; null before the first. */
  public @Nullable AgedAd ownAd(long now) {
    LinkStateAdEntry own = own();
    LinkStateAd ad = own.ad;
    return ad == null ? null : new AgedAd(ad, LinkStateAdTable.ageMillis(own, now));
  }

  /**
   * Forgets a node everywhere, since it was deleted.
   *
   * @return whether it was known
   */
  public boolean tryForget(String node, long now) {
    @Nullable LinkStateAdEntry entry = table.get(node);
    @Nullable LinkStateAd ad = entry == null ? null : entry.ad;
    if (ad == null || node.equals(self) || ad.status() == Status.FORGOTTEN) {
      return false;
    }
    LinkStateAd forgotten =
        new LinkStateAd(
            node,
            ad.address(),
            ad.incarnation(),
            LinkStateAd.FORGOTTEN_SEQUENCE,
            Status.FORGOTTEN,
            List.of(),
            List.of(),
            List.of(),
            0);
    accept(new AgedAd(forgotten, 0), "", now);
    return true;
  }

  /** Takes a message over a link, or a leaving node's datagram. */
  public void receive(String from, LinkStateMessage message, long now) {
    switch (message) {
      case Ads ads -> {
        for (AgedAd ad : ads.ads()) {
          accept(ad, from, now);
        }
      }
      case Digest digest -> onDigest(from, digest);
      case Summary summary -> onSummary(from, summary, now);
      case Leaving leaving -> {
        // A datagram speaks for its sender only.
        if (leaving.ad().ad().node().equals(from)) {
          accept(leaving.ad(), from, now);
        }
      }
      case LeavingSeen _ -> {}
    }
  }

  private void accept(AgedAd aged, String from, long now) {
    adsReceived++;
    LinkStateAd ad = aged.ad();
    if (ad.node().equals(self)) {
      if (ad.isNewerThan(incarnation, sequence)) {
        outbid(ad);
      }
      return;
    }
    @Nullable LinkStateAdEntry known = table.get(ad.node());
    @Nullable LinkStateAd before = known == null ? null : known.ad;
    Offer offer = table.offer(aged, now);
    LinkStateAdEntry entry = known == null ? table.get(ad.node()) : known;
    if (offer == Offer.REFUSED || entry == null) {
      return;
    }
    if (offer != Offer.NEWER) {
      adsDuplicate++;
      Set<LinkStateAdEntry> queue = queues.get(from);
      if (queue != null && offer == Offer.KNOWN) {
        queue.remove(entry); // it has sent us the same
      }
      return;
    }
    enqueue(entry, from, isUrgent(ad, before));
    host.adChanged(entry, before);
  }

  /**
   * Another's record of this node counts no more; where no incarnation is greater, by a sequence.
   */
  private void outbid(LinkStateAd ad) {
    if (ad.incarnation() < Incarnation.MAX) {
      host.outbid(ad.incarnation());
    } else if (ad.sequence() < LinkStateAd.FORGOTTEN_SEQUENCE - 1) {
      incarnation = Incarnation.MAX;
      sequence = ad.sequence();
      change(true);
    }
  }

  /** True when somebody waits for it: nobody does for a neighbour that is exchanged for another. */
  private static boolean isUrgent(LinkStateAd ad, @Nullable LinkStateAd before) {
    if (before == null) {
      return !ad.unheard().isEmpty();
    }
    return before.incarnation() != ad.incarnation()
        || before.status() != ad.status()
        || !sameUnheard(before.unheard(), ad.unheard())
        || !before.vouched().equals(ad.vouched());
  }

  private void enqueue(LinkStateAdEntry entry, String from, boolean isUrgent) {
    for (Map.Entry<String, Set<LinkStateAdEntry>> each : queues.entrySet()) {
      if (each.getKey().equals(from)) {
        each.getValue().remove(entry);
      } else {
        each.getValue().add(entry);
        queued = true;
      }
    }
    urgentQueued |= isUrgent;
  }

  /** Does what is due: a new ad of its own, digests, what is too old. */
  public void tick(long now) {
    if (now >= nextExpire) {
      nextExpire = now + EXPIRE_EACH;
      for (LinkStateAdEntry gone : table.expire(now, self)) {
        host.nodeGone(gone);
      }
    }
    if (now >= nextDigest) {
      nextDigest = now + 10 * SECOND + random.nextLong(10 * SECOND);
      @Nullable String peer = anyPeer();
      if (peer != null) {
        host.send(peer, digest());
      }
    }
  }

  private @Nullable String anyPeer() {
    int skip = queues.isEmpty() ? 0 : random.nextInt(queues.size());
    for (String peer : queues.keySet()) {
      if (skip-- == 0) {
        return peer;
      }
    }
    return null;
  }

  /** Publishes and sends what is to be sent now. Called at the end of every event. */
  public void flush(long now) {
    publishIfDue(now);
    if (!queued) {
      return;
    }
    flushTokens = Math.min(FLUSH_BURST, flushTokens + (double) (now - flushTokensAt) / FLUSH_EACH);
    flushTokensAt = now;
    if (!urgentQueued && flushTokens < 1 && now - flushedAt < GATHER) {
      return;
    }
    flushTokens = Math.max(0, flushTokens - 1);
    flushedAt = now;
    queued = false;
    urgentQueued = false;
    for (Map.Entry<String, Set<LinkStateAdEntry>> each : queues.entrySet()) {
      Set<LinkStateAdEntry> queue = each.getValue();
      if (!queue.isEmpty()) {
        send(each.getKey(), queue.iterator(), now);
        queue.clear();
      }
    }
  }

  private void publishIfDue(long now) {
    ownTokens = Math.min(OWN_BURST, ownTokens + (double) (now - ownTokensAt) / SECOND);
    ownTokensAt = now;
    long refresh = (long) (REFRESH * refreshShare * Math.max(1, table.size() / REFRESHED_AT_ONCE));
    boolean old = now - publishedAt >= refresh;
    boolean calm = now - publishedAt >= SECOND;
    double needed = atOnce ? 1 : 1 + OWN_RESERVE;
    if (!(changed || old) || !(calm || (urgent && ownTokens >= needed))) {
      return;
    }
    LinkStateAd described = host.describe();
    LinkStateAdEntry own = own();
    @Nullable LinkStateAd before = own.ad;
    if (before != null && !old && isSame(before, described)) {
      changed = false;
      urgent = false;
      atOnce = false;
      return;
    }
    ownTokens = Math.max(atOnce ? 0 : Math.min(ownTokens, OWN_RESERVE), ownTokens - 1);
    sequence++;
    LinkStateAd ad =
        new LinkStateAd(
            self,
            described.address(),
            incarnation,
            sequence,
            status,
            described.neighbors(),
            described.unheard(),
            described.vouched(),
            described.watched());
    boolean urgentlyKnown = urgent;
    changed = false;
    urgent = false;
    atOnce = false;
    publishedAt = now;
    refreshShare = 1 - random.nextDouble(0.2);
    adsPublished++;
    table.offer(new AgedAd(ad, 0), now);
    enqueue(own, "", urgentlyKnown || isUrgent(ad, before));
    host.adChanged(own, before);
  }

  private boolean isSame(LinkStateAd before, LinkStateAd described) {
    return before.incarnation() == incarnation
        && before.status() == status
        && before.neighbors().equals(described.neighbors())
        && before.vouched().equals(described.vouched())
        && sameUnheard(before.unheard(), described.unheard());
  }

  /** How long it lasts is no change. */
  private static boolean sameUnheard(List<Unheard> a, List<Unheard> b) {
    if (a.size() != b.size()) {
      return false;
    }
    for (int i = 0; i < a.size(); i++) {
      if (!a.get(i).node().equals(b.get(i).node()) || a.get(i).hearing() != b.get(i).hearing()) {
        return false;
      }
    }
    return true;
  }

  private void send(String peer, Iterator<LinkStateAdEntry> entries, long now) {
    List<AgedAd> batch = new ArrayList<>();
    int names = 0;
    while (entries.hasNext()) {
      LinkStateAdEntry entry = entries.next();
      LinkStateAd ad = entry.ad;
      if (ad == null) {
        continue;
      }
      batch.add(new AgedAd(ad, LinkStateAdTable.ageMillis(entry, now)));
      names += 2 + ad.neighbors().size() + ad.unheard().size() + ad.vouched().size();
      if (batch.size() == LinkStateMessage.MAX_ADS || names >= LinkStateMessage.MAX_NAMES) {
        host.send(peer, new Ads(batch));
        batch.clear();
        names = 0;
      }
    }
    if (!batch.isEmpty()) {
      host.send(peer, new Ads(batch));
    }
  }

  private Digest digest() {
    List<Long> buckets = new ArrayList<>(LinkStateMessage.BUCKETS);
    for (int i = 0; i < LinkStateMessage.BUCKETS; i++) {
      buckets.add(table.bucket(i));
    }
    return new Digest(buckets);
  }

  private void onDigest(String from, Digest digest) {
    if (digest.buckets().size() != LinkStateMessage.BUCKETS) {
      return;
    }
    long differing = 0;
    for (int i = 0; i < LinkStateMessage.BUCKETS; i++) {
      if (digest.buckets().get(i) != table.bucket(i)) {
        differing |= 1L << i;
      }
    }
    if (differing == 0) {
      return;
    }
    List<Version> versions = new ArrayList<>();
    for (LinkStateAdEntry entry : table.entries()) {
      LinkStateAd ad = entry.ad;
      long bit = 1L << entry.bucket();
      if (ad != null && (differing & bit) != 0) {
        if (versions.size() == LinkStateMessage.MAX_SUMMARY) {
          // In parts, by whole buckets where possible: what is sent twice does no harm.
          host.send(from, new Summary(0, versions));
          versions.clear();
        }
        versions.add(new Version(ad.node(), ad.incarnation(), ad.sequence()));
      }
    }
    host.send(from, new Summary(differing, versions));
  }

  private void onSummary(String from, Summary summary, long now) {
    Map<String, Version> theirs = new LinkedHashMap<>();
    for (Version version : summary.versions()) {
      theirs.put(version.node(), version);
      if (version.node().equals(self)
          && (version.incarnation() > incarnation
              || (version.incarnation() == incarnation && version.sequence() > sequence))
          && version.incarnation() < Incarnation.MAX) {
        host.outbid(version.incarnation());
      }
    }
    Set<LinkStateAdEntry> newer = new LinkedHashSet<>();
    for (LinkStateAdEntry entry : table.entries()) {
      LinkStateAd ad = entry.ad;
      if (ad == null) {
        continue;
      }
      Version version = theirs.get(ad.node());
      boolean unknown = version == null && (summary.buckets() & (1L << entry.bucket())) != 0;
      boolean outdated =
          version != null && ad.isNewerThan(version.incarnation(), version.sequence());
      if (unknown || outdated) {
        newer.add(entry);
      }
    }
    send(from, newer.iterator(), now);
  }
}
