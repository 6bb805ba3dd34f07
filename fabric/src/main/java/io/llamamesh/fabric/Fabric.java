package io.llamamesh.fabric;

import io.llamamesh.fabric.detector.Detector;
import io.llamamesh.fabric.detector.DetectorMessage.Ping;
import io.llamamesh.fabric.detector.DetectorMessage.Pong;
import io.llamamesh.fabric.detector.Hearing;
import io.llamamesh.fabric.linkstate.LinkState;
import io.llamamesh.fabric.linkstate.LinkStateAd;
import io.llamamesh.fabric.linkstate.LinkStateAd.Status;
import io.llamamesh.fabric.linkstate.LinkStateAdEntry;
import io.llamamesh.fabric.linkstate.LinkStateMessage;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Leaving;
import io.llamamesh.fabric.linkstate.LinkStateMessage.LeavingSeen;
import io.llamamesh.fabric.linkstate.Unheard;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Incarnation;
import io.llamamesh.fabric.node.Message;
import io.llamamesh.fabric.overlay.LinkTable;
import io.llamamesh.fabric.overlay.LinkTable.Arbitration;
import io.llamamesh.fabric.overlay.LinkTable.Link;
import io.llamamesh.fabric.overlay.Overlay;
import io.llamamesh.fabric.overlay.OverlayMessage;
import io.llamamesh.fabric.overlay.OverlayMessage.Disconnect;
import io.llamamesh.fabric.overlay.OverlayMessage.ShuffleReply;
import io.llamamesh.fabric.partition.Partition;
import io.llamamesh.fabric.partition.Partitions;
import io.llamamesh.fabric.partition.SettledPartitions;
import io.llamamesh.fabric.routes.RouteTree;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One node of the fabric: overlay, detector, link state, and what follows from them. A pure state
 * machine: its host hands in events with the time, from one thread, and does what {@link
 * FabricHost} is asked to. Times are of a monotonic clock, in nanoseconds.
 *
 * <p>Peers are known by their authenticated identity. The host must only hand in what is said by
 * that identity; an address is nobody.
 */
public final class Fabric {

  private static final long MS = 1_000_000L;

  /** Between two ticks. */
  public static final long TICK = 20 * MS;

  /** A tick that is so much late means that this process stood still. */
  private static final long LAG = 60 * MS;

  /** For so long after it stood still, what arrives may have waited for this process. */
  private static final long STALLED = 100 * MS;

  /** Time for which links that are not needed stay, until who dialled them has closed them. */
  private static final long LINGER_DIALLED = 1_000 * MS;

  private static final long LINGER = 5_000 * MS;

  /** Without any frame for so long, though its pings ask for one each second, a link is stuck. */
  private static final long STUCK = 3_500 * MS;

  /**
   * Time for which a peer that only the collector watches must be silent before it is published.
   */
  private static final long OBSERVED_PATIENCE = 1_300 * MS;

  /** A dial of which nothing was heard for so long is not waited for. */
  private static final long DIAL_GIVEN_UP = 10_000 * MS;

  private static final long CHECK = 3_000 * MS;

  /** A peer is checked on others' word at most this often. */
  private static final long CHECK_EACH = 200 * MS;

  private static final long ROUTES_EACH = 250 * MS;

  private static final long PARTITIONS_EACH = 200 * MS;

  /** Time from the first word until partitions are looked for: of a pair both soon speak. */
  private static final long PARTITIONS_AFTER = 60 * MS;

  /**
   * Time for which a side that does not speak itself is not named: others that lose the same node
   * lose it within that time, and are not named as those that still reach it.
   */
  private static final long ONE_SIDED = 400 * MS;

  /** How often one that seems to be apart is tried, by the whole mesh, within one bridge period. */
  private static final double BRIDGES = 4;

  private static final long BRIDGE_EACH = 10_000 * MS;

  /** Peers without an ad whose address is kept, as between a link and the ad that follows it. */
  private static final int STRANGERS = 64;

  /** Probes are that far apart at most, or a few of them were lost. */
  private static final long NAMELESS_HOLDS = 5_000 * MS;

  /** Peers that a leaving node notifies directly, and confirmations that let it end. */
  private static final int LEAVE_TELLS = 8;

  private static final int LEAVE_CONFIRMED = 3;

  private final FabricPeer self;
  private final FabricHost host;
  private final RandomGenerator random;
  private final LinkTable links;
  private final Overlay overlay;
  private final Detector detector;
  private final LinkState linkState;
  private final Membership membership;

  private final Map<String, FabricPeer> contacts = new LinkedHashMap<>();
  private final Map<String, FabricPeer> addresses = new HashMap<>();
  private final Map<String, Long> dialling = new HashMap<>();
  private final Map<Long, Long> lingering = new LinkedHashMap<>();
  private final Map<String, Long> claims = new HashMap<>();
  private final Map<String, Long> checkedAt = new HashMap<>();
  private final Set<String> observed = new HashSet<>();
  private final Set<String> lost = new HashSet<>();
  private final Set<String> leaveSeenBy = new HashSet<>();
  private final Set<String> exchanging = new HashSet<>();
  private long now;
  private long lastTick;
  private long nextSecond;
  private long nextLook;
  private long nextBridge;
  private long nextPartitions;
  private boolean partitionsChanged;
  private boolean routesChanged;
  private long nextRoutes;
  private long routesVersion;
  private List<Partition> blocks = List.of();
  private final SettledPartitions settled = new SettledPartitions();
  private long oneSidedSince = Long.MAX_VALUE;
  private boolean leaving;
  private boolean leavingKnown;
  private long nextLeaveTell;
  private long lags;
  private long stalledUntil = Long.MIN_VALUE;
  private long namelessAnswerAt = Long.MIN_VALUE / 2;

  /**
   * A node that begins its life.
   *
   * @param self its name and address
   * @param incarnation see {@link Incarnation#first}; stored already
   * @param contacts whom it asks to be taken in
   * @param kept what its last life knew, see {@link #snapshot}
   * @param random where its choices come from
   * @param now the time
   */
  public Fabric(
      FabricPeer self,
      long incarnation,
      Collection<FabricPeer> contacts,
      List<AgedAd> kept,
      FabricOptions options,
      RandomGenerator random,
      FabricHost host,
      long now) {
    this.self = self;
    this.host = host;
    this.random = random;
    this.now = now;
    this.lastTick = now;
    this.links = new LinkTable(self.name());
    this.overlay = new Overlay(self, options.overlay(), random, new OverlayHost(), now);
    this.detector = new Detector(options.detector(), new DetectorHost());
    this.linkState = new LinkState(self.name(), incarnation, random, new LinkStateHost(), now);
    this.membership =
        new Membership(linkState.table(), linkState.own(), random, new MembershipHost());
    this.nextBridge = now + 2_000 * MS + random.nextLong(BRIDGE_EACH);
    takeContacts(contacts);
    linkState.restore(kept, now);
    linkState.flush(now);
  }

  // Events.

  /** Time passes; to be called every {@link #TICK}. */
  public void tick(long time) {
    long lag = time - lastTick - TICK;
    lastTick = time;
    now = Math.max(now, time);
    if (lag > LAG) {
      // What waited in this process's own queues is not the peers' fault.
      lags++;
      stalledUntil = now + STALLED;
      detector.addStallTime(lag, now);
    }
    detector.tick(now);
    overlay.tick(now);
    linkState.tick(now);
    membership.tick(now);
    closeLingering();
    if (leaving) {
      tellLeaving();
    }
    if (now >= nextLook && !observed.isEmpty()) {
      nextLook = now + 250 * MS;
      linkState.change(false); // an observed peer's silence is published when it has lasted
    }
    if (now >= nextSecond) {
      nextSecond = now + 1_000 * MS;
      everySecond();
    }
    if (now >= nextBridge) {
      nextBridge = now + BRIDGE_EACH / 2 + random.nextLong(BRIDGE_EACH);
      bridge();
    }
    if (routesChanged && now >= nextRoutes) {
      routesChanged = false;
      nextRoutes = now + ROUTES_EACH;
      host.notify(new Notification.RoutesChanged());
    }
    if (partitionsChanged && now >= nextPartitions) {
      partitionsChanged = false;
      nextPartitions = now + PARTITIONS_EACH;
      updatePartitions();
    }
    linkState.flush(now);
  }

  /**
   * A link is up, its other end authenticated. On the accepting side this comes before it does on
   * the dialling one.
   *
   * @param expected whom this node has dialled, null if the link was accepted
   * @param nonce the dialling side's number of the link
   * @param lastSeen which of this node's links the peer had last when it dialled, 0 if none
   */
  public void linkUp(
      long time,
      long id,
      FabricPeer peer,
      long incarnation,
      @Nullable FabricPeer expected,
      long nonce,
      long lastSeen) {
    now = Math.max(now, time);
    String name = peer.name();
    if (expected != null) {
      dialling.remove(expected.name());
      if (!expected.name().equals(name)) {
        host.close(id);
        host.notify(new Notification.WrongIdentity(expected.name(), name, expected.address()));
        overlay.linkFailed(expected.name());
        linkState.flush(now);
        return;
      }
    }
    if (name.equals(self.name())) {
      host.close(id);
      linkState.flush(now);
      return;
    }
    addresses.put(name, peer);
    @Nullable Link old = links.current(name);
    Link link = new Link(id, name, incarnation, expected != null, nonce, now);
    Arbitration arbitration = links.up(link, lastSeen);
    switch (arbitration) {
      case STALE -> host.close(id);
      case REDUNDANT -> linger(link, old);
      case PREFERRED -> {
        if (old != null) {
          linger(old, link);
        }
      }
      case REPLACING -> {
        if (old != null) {
          replace(old, incarnation);
        }
      }
      case FIRST -> {}
    }
    if (links.current(name) != null) {
      overlay.linkUp(name);
    }
    linkState.flush(now);
  }

  /** Who dialled the one that is kept closes the other; the peer knows of both by then. */
  private void linger(Link loser, @Nullable Link winner) {
    boolean ours = winner != null && winner.outbound();
    lingering.put(loser.id(), now + (ours ? LINGER_DIALLED : LINGER));
  }

  /** The peer has given up a link, or ended: that is no failure of what it is now. */
  private void replace(Link old, long incarnation) {
    links.down(old.id());
    lingering.remove(old.id());
    host.close(old.id());
    forgetNeighbor(old.peer());
    if (incarnation > old.incarnation()) {
      detector.restarted(old.peer(), now);
    }
  }

  private void forgetNeighbor(String peer) {
    if (overlay.removeNeighbor(peer, now)) {
      detector.neighborDown(peer);
      linkState.change(false);
    }
    stopExchange(peer);
  }

  private void startExchange(String peer) {
    linkState.neighborUp(peer);
    if (exchanging.add(peer)) {
      host.neighborUp(peer);
    }
  }

  private void stopExchange(String peer) {
    linkState.neighborDown(peer);
    if (exchanging.remove(peer)) {
      host.neighborDown(peer);
    }
  }

  /** A link that was asked for is not to be had. */
  public void dialFailed(long time, FabricPeer peer, boolean refused) {
    now = Math.max(now, time);
    dialling.remove(peer.name());
    if (links.current(peer.name()) == null) {
      overlay.linkFailed(peer.name());
      if (refused) {
        checkNow(peer.name()); // its port is closed; probes find out whether it lives
      }
    }
    linkState.flush(now);
  }

  /** A link was closed by the other end, or broke. */
  public void linkDown(long time, long id) {
    now = Math.max(now, time);
    lingering.remove(id);
    @Nullable Link link = links.down(id);
    if (link != null) {
      boolean wasNeighbor = overlay.isNeighbor(link.peer());
      forgetNeighbor(link.peer());
      if (wasNeighbor) {
        lost.add(link.peer());
        detector.check(link.peer(), now, CHECK);
        linkState.changeAtOnce();
      }
    }
    linkState.flush(now);
  }

  /** A message arrived over a link. */
  public void receive(long time, long id, Message message) {
    now = Math.max(now, time);
    @Nullable Link link = links.get(id);
    if (link == null) {
      return; // closed here already
    }
    String from = link.peer();
    detector.recordFrame(from, now);
    switch (message) {
      case Ping ping -> {
        host.send(id, new Pong(ping.id(), isStalled()));
        if (links.isCurrent(link)) {
          reconcile(from, ping);
        }
      }
      case Pong pong -> detector.recordPong(from, pong, true, isStalled(), now);
      case OverlayMessage overlaid -> overlay.receive(from, overlaid, now);
      case LinkStateMessage stated -> linkState.receive(from, stated, now);
      default -> {}
    }
    linkState.flush(now);
  }

  private boolean isStalled() {
    return now < stalledUntil;
  }

  /** Two that disagree on being neighbours agree within seconds. */
  private void reconcile(String from, Ping ping) {
    if (!ping.neighbor() || overlay.isNeighbor(from) || overlay.isUsing(from)) {
      claims.remove(from);
      return;
    }
    long since = claims.getOrDefault(from, now);
    claims.putIfAbsent(from, since);
    if (now - since >= 1_500 * MS) {
      claims.remove(from);
      send(from, new Disconnect(null));
    }
  }

  /** A datagram arrived, authenticated as this identity's. */
  public void receiveDatagram(long time, FabricPeer from, Message message) {
    now = Math.max(now, time);
    String name = from.name();
    if (name.equals(self.name())) {
      return;
    }
    switch (message) {
      case Ping ping -> {
        detector.recordInboundPing(name, now);
        host.sendDatagram(from, new Pong(ping.id(), isStalled()));
      }
      case Pong pong -> detector.recordPong(name, pong, false, isStalled(), now);
      case ShuffleReply reply -> overlay.receive(name, reply, now);
      case Leaving leave -> {
        linkState.receive(name, leave, now);
        host.sendDatagram(from, new LeavingSeen(leave.ad().ad().incarnation()));
      }
      case LeavingSeen seen -> {
        if (leaving && seen.incarnation() == linkState.incarnation()) {
          leaveSeenBy.add(name);
        }
      }
      default -> {}
    }
    linkState.flush(now);
  }

  /**
   * A probe of the collector was answered.
   *
   * @param identity who answered, by its key or its hello, not by its address
   * @param sentAt when the probe was sent that it answers
   * @param roundTrip its time on the way, negative where it is not known
   */
  public void probeAnswered(long time, String identity, long sentAt, long roundTrip) {
    now = Math.max(now, time);
    detector.probeAnswered(identity, sentAt, roundTrip, now);
    linkState.flush(now);
  }

  /**
   * A probe of the collector was answered by somebody of whom nothing is known yet: neither a hello
   * nor a datagram of that name ever arrived. No evidence of anybody's life; yet where this node
   * has no link, it shows that it is its port that is blocked.
   */
  public void probeAnsweredByStranger(long time) {
    now = Math.max(now, time);
    namelessAnswerAt = now;
  }

  /** A peer's host answered a probe or datagram with "port unreachable". */
  public void refused(long time, String peer) {
    now = Math.max(now, time);
    detector.refused(peer, now);
    linkState.flush(now);
  }

  /** The peers that the collector probes, and no others. */
  public void observe(long time, Collection<FabricPeer> peers) {
    now = Math.max(now, time);
    observed.clear();
    for (FabricPeer peer : peers) {
      if (!peer.name().equals(self.name())) {
        observed.add(peer.name());
        addresses.put(peer.name(), peer);
      }
    }
    detector.observe(observed, now);
    membership.peersChanged(now);
    linkState.change(false);
  }

  /** These, and no others, are asked to be taken in by; who is known stays known. */
  public void setContacts(long time, Collection<FabricPeer> peers) {
    now = Math.max(now, time);
    contacts.clear();
    takeContacts(peers);
    membership.peersChanged(now);
  }

  private void takeContacts(Collection<FabricPeer> peers) {
    for (FabricPeer contact : peers) {
      if (!contact.name().equals(self.name())) {
        contacts.put(contact.name(), contact);
        addresses.put(contact.name(), contact);
      }
    }
  }

  /** Somebody wants to know at once how a node is; bounded to five times a second for each. */
  public void check(long time, String node) {
    now = Math.max(now, time);
    checkNow(node);
    linkState.flush(now);
  }

  /** This node will end, on purpose. {@link Notification.LeavingKnown} says when it may. */
  public void leave(long time) {
    now = Math.max(now, time);
    if (!leaving) {
      leaving = true;
      overlay.leave();
      linkState.leave();
      linkState.flush(now);
      tellLeaving();
    }
  }

  /**
   * A Node was deleted: it is forgotten here and everywhere, at each node once its own config does
   * not name it any more. Others' word is not enough for that.
   */
  public void forget(long time, String node) {
    now = Math.max(now, time);
    linkState.tryForget(node, now);
    linkState.flush(now);
  }

  // Questions.

  /** All members by name, this node included; nodes that others only name are none. */
  public List<Member> members() {
    List<Member> members = new ArrayList<>();
    for (LinkStateAdEntry entry : linkState.table().entries()) {
      @Nullable MemberState state = membership.state(entry);
      @Nullable LinkStateAd ad = entry.ad();
      if (ad != null && state != null && state != MemberState.FORGOTTEN) {
        members.add(
            new Member(
                entry.name(),
                ad.address(),
                ad.incarnation(),
                state,
                ad.neighbors(),
                ad.vouched(),
                membership.isFabricBlocked(entry)));
      }
    }
    members.sort(Comparator.comparing(Member::name));
    return members;
  }

  /** The state of a node, null if it is unknown. */
  public @Nullable MemberState state(String node) {
    @Nullable LinkStateAdEntry entry = linkState.table().get(node);
    return entry == null ? null : membership.state(entry);
  }

  /** This node. */
  public FabricPeer self() {
    return self;
  }

  /** Time since this node itself has heard a peer, in seconds; negative where it does not watch. */
  public double heardSecondsAgo(String peer, long time) {
    long heard = detector.aliveAsOf(peer);
    return detector.hearing(peer) == null || heard < Long.MIN_VALUE / 4
        ? -1
        : Math.max(0, time - heard) / 1e9;
  }

  /** Number of members that are up, this node included. */
  public int upCount() {
    return membership.upCount();
  }

  /** The partitions among those that are up, as of the last tick. */
  public List<Partition> partitions() {
    return blocks;
  }

  /** The tree of links from any node. */
  public RouteTree routes(String origin) {
    return RouteTree.from(origin, linkState.table());
  }

  /** A number that changes whenever {@link #routes} may. */
  public long routesVersion() {
    return routesVersion;
  }

  /** The link over which a peer is spoken to, 0 where there is none. */
  public long linkTo(String peer) {
    @Nullable Link link = links.current(peer);
    return link == null ? 0 : link.id();
  }

  /** The peer at the other end of a link, null where it is closed. */
  public @Nullable String peerOf(long id) {
    @Nullable Link link = links.get(id);
    return link == null ? null : link.peer();
  }

  /** All ads with their ages, to be kept for the next life. */
  public List<AgedAd> snapshot() {
    return linkState.snapshot(now);
  }

  /** This node's incarnation. */
  public long incarnation() {
    return linkState.incarnation();
  }

  /** The overlay, for its numbers. */
  public Overlay overlay() {
    return overlay;
  }

  /** The detector, for its numbers. */
  public Detector detector() {
    return detector;
  }

  /** The link state, for its numbers. */
  public LinkState linkState() {
    return linkState;
  }

  /** Number of times that this process stood still. */
  public long stallCount() {
    return lags;
  }

  // What is due.

  private void closeLingering() {
    if (lingering.isEmpty()) {
      return;
    }
    for (Map.Entry<Long, Long> each : List.copyOf(lingering.entrySet())) {
      if (now >= each.getValue()) {
        lingering.remove(each.getKey());
        close(each.getKey());
      }
    }
  }

  private void close(long id) {
    if (links.get(id) != null) {
      links.down(id);
      host.close(id);
    }
  }

  private void everySecond() {
    for (String peer : List.copyOf(lost)) {
      keepChecking(peer);
    }
    for (Link link : List.copyOf(links.open())) {
      boolean unused = !overlay.isUsing(link.peer()) && !lingering.containsKey(link.id());
      if (unused && now - link.upAt() >= LINGER) {
        close(link.id());
        stopExchange(link.peer());
      }
    }
    for (FabricPeer peer : neighbors()) {
      if (detector.frameAge(peer.name(), now) >= STUCK) {
        // The node is heard, its link is not.
        closeLink(peer.name());
        forgetNeighbor(peer.name());
        linkState.change(true);
      }
    }
    dialling.values().removeIf(since -> now - since >= DIAL_GIVEN_UP);
    claims.values().removeIf(since -> now - since > 10_000 * MS);
    checkedAt.values().removeIf(at -> now - at > CHECK);
    forgetStrangers();
  }

  /** Forgets where those are who had a link once and of whom nothing is known. */
  private void forgetStrangers() {
    int known = linkState.table().size() + contacts.size() + observed.size();
    if (addresses.size() <= known + STRANGERS) {
      return;
    }
    addresses
        .keySet()
        .removeIf(name ->
            linkState.table().get(name) == null
                && !contacts.containsKey(name)
                && !observed.contains(name)
                && !lost.contains(name)
                && links.current(name) == null
                && !overlay.isUsing(name));
    links.retain(addresses.keySet());
  }

  private List<FabricPeer> neighbors() {
    List<FabricPeer> neighbors = new ArrayList<>();
    overlay.neighbors().forEach(neighbors::add);
    return neighbors;
  }

  /** A lost neighbour is watched until it is heard or nobody hears it. */
  private void keepChecking(String peer) {
    @Nullable Hearing hearing = detector.hearing(peer);
    @Nullable MemberState state = state(peer);
    boolean over =
        (hearing == Hearing.HEARD && now - detector.since(peer, now) > CHECK)
            || state == null
            || state == MemberState.FAILED
            || state == MemberState.LEFT
            || state == MemberState.FORGOTTEN;
    if (over || overlay.isNeighbor(peer)) {
      lost.remove(peer);
    } else {
      detector.check(peer, now, CHECK);
    }
  }

  private void checkNow(String node) {
    long last = checkedAt.getOrDefault(node, Long.MIN_VALUE / 2);
    if (now - last >= CHECK_EACH && address(node) != null) {
      checkedAt.put(node, now);
      detector.check(node, now, CHECK);
    }
  }

  /** Tries somebody that seems to be apart, so that two halves of a mesh find each other again. */
  private void bridge() {
    if (leaving) {
      return;
    }
    List<FabricPeer> apart = new ArrayList<>();
    RouteTree tree = routes(self.name());
    for (LinkStateAdEntry entry : linkState.table().entries()) {
      @Nullable MemberState state = membership.state(entry);
      LinkStateAd ad = entry.ad();
      if (ad != null
          && state != MemberState.LEFT
          && state != MemberState.FORGOTTEN
          && tree.distance(entry.name()).isEmpty()
          // Who is alone and lives asks for itself, whenever it thinks that there is room.
          && (state != MemberState.UP || entry.degree() > 0)) {
        apart.add(new FabricPeer(entry.name(), ad.address()));
      }
    }
    for (FabricPeer contact : contacts.values()) {
      if (state(contact.name()) == null) {
        apart.add(contact);
      }
    }
    if (apart.isEmpty()) {
      return;
    }
    double share = BRIDGES * apart.size() / membership.upCount();
    if (random.nextDouble() < share) {
      overlay.bridge(apart.get(random.nextInt(apart.size())), now);
    }
  }

  private void tellLeaving() {
    if (leavingKnown || now < nextLeaveTell) {
      return;
    }
    nextLeaveTell = now + 100 * MS;
    List<FabricPeer> others = new ArrayList<>();
    for (LinkStateAdEntry entry : linkState.table().entries()) {
      @Nullable FabricPeer peer = address(entry.name());
      if (entry != linkState.own() && membership.isUp(entry) && peer != null) {
        others.add(peer);
      }
    }
    leaveSeenBy.retainAll(others.stream().map(FabricPeer::name).toList());
    if (leaveSeenBy.size() >= Math.min(LEAVE_CONFIRMED, others.size())) {
      leavingKnown = true;
      host.notify(new Notification.LeavingKnown());
      return;
    }
    @Nullable AgedAd ad = linkState.ownAd(now);
    if (ad == null || ad.ad().status() != Status.LEAVING) {
      return;
    }
    Collections.shuffle(others, new Random(random.nextLong()));
    for (FabricPeer peer : others.subList(0, Math.min(LEAVE_TELLS, others.size()))) {
      host.sendDatagram(peer, new Leaving(ad));
    }
  }

  /** The blocks of which both sides speak, or of which one alone has spoken for long enough. */
  private List<Partition> confirmed(List<Partition> found, List<Partitions.Row> rows) {
    List<Partition> mutual =
        found.stream().filter(block -> Partitions.isMutual(block, rows)).toList();
    if (mutual.size() == found.size()) {
      oneSidedSince = Long.MAX_VALUE;
      return found;
    }
    oneSidedSince = Math.min(oneSidedSince, now);
    if (now - oneSidedSince >= ONE_SIDED) {
      return found;
    }
    partitionsChanged = true;
    nextPartitions = Math.min(nextPartitions, now + PARTITIONS_AFTER);
    return mutual;
  }

  private void partitionsMayChange() {
    if (!partitionsChanged) {
      partitionsChanged = true;
      nextPartitions = Math.max(nextPartitions, now + PARTITIONS_AFTER);
    }
  }

  private void updatePartitions() {
    List<Partitions.Row> rows = new ArrayList<>();
    boolean isAnyBack = false;
    for (LinkStateAdEntry entry : linkState.table().entries()) {
      LinkStateAd ad = entry.ad();
      if (ad != null && membership.isUp(entry) && !membership.isOrphan(entry)) {
        if (membership.isJustBack(entry, now)) {
          isAnyBack = true;
        } else {
          rows.add(new Partitions.Row(ad.node(), ad.unheard(), ad.neighbors(), ad.watched()));
        }
      }
    }
    List<Partition> found = settled.next(confirmed(Partitions.find(rows), rows), now);
    partitionsChanged |= isAnyBack || settled.isHolding();
    if (!found.equals(blocks)) {
      blocks = found;
      host.notify(new Notification.PartitionsChanged(found));
    }
  }

  // Sending.

  private void send(String peer, Message message) {
    @Nullable Link link = links.current(peer);
    if (link != null) {
      host.send(link.id(), message);
    }
  }

  private void closeLink(String peer) {
    @Nullable Link link = links.current(peer);
    if (link != null) {
      close(link.id());
    }
  }

  private @Nullable FabricPeer address(String node) {
    @Nullable LinkStateAdEntry entry = linkState.table().get(node);
    @Nullable LinkStateAd ad = entry == null ? null : entry.ad();
    return ad != null ? new FabricPeer(node, ad.address()) : addresses.get(node);
  }

  private final class OverlayHost implements Overlay.Host {

    @Override
    public void connect(FabricPeer peer) {
      @Nullable Long since = dialling.get(peer.name());
      if (since == null || now - since >= DIAL_GIVEN_UP) {
        dialling.put(peer.name(), now);
        host.dial(peer, links.nextNonce(), links.lastInbound(peer.name()));
      }
    }

    @Override
    public boolean isLinked(String peer) {
      return links.current(peer) != null;
    }

    @Override
    public void send(String peer, OverlayMessage message) {
      Fabric.this.send(peer, message);
    }

    @Override
    public void sendDatagram(FabricPeer peer, OverlayMessage message) {
      host.sendDatagram(peer, message);
    }

    @Override
    public void release(String peer) {
      if (!overlay.isUsing(peer)) {
        stopExchange(peer);
        closeLink(peer);
      }
    }

    @Override
    public void neighborUp(FabricPeer peer) {
      addresses.put(peer.name(), peer);
      lost.remove(peer.name());
      detector.neighborUp(peer.name(), now);
      startExchange(peer.name());
      linkState.change(false);
    }

    @Override
    public void neighborLeft(String peer) {
      detector.neighborDown(peer);
      stopExchange(peer);
      linkState.change(false);
    }

    @Override
    public void guest(String peer) {
      startExchange(peer);
    }

    @Override
    public int degreeOf(String peer) {
      @Nullable LinkStateAdEntry entry = linkState.table().get(peer);
      return entry == null || entry.ad() == null ? -1 : entry.degree();
    }

    @Override
    public @Nullable FabricPeer candidate() {
      Collection<LinkStateAdEntry> entries = linkState.table().entries();
      if (!contacts.isEmpty() && (entries.size() <= 1 || random.nextBoolean())) {
        return anyOf(contacts.values());
      }
      int skip = random.nextInt(entries.size());
      for (LinkStateAdEntry entry : entries) {
        if (skip-- <= 0 && entry != linkState.own() && !entry.isForgotten()) {
          return address(entry.name());
        }
      }
      return contacts.isEmpty() ? null : anyOf(contacts.values());
    }

    private FabricPeer anyOf(Collection<FabricPeer> peers) {
      return List.copyOf(peers).get(random.nextInt(peers.size()));
    }
  }

  private final class DetectorHost implements Detector.Host {

    @Override
    public void pingByDatagram(String peer, Ping ping) {
      @Nullable FabricPeer target = address(peer);
      if (target != null) {
        host.sendDatagram(target, ping);
      }
    }

    @Override
    public void pingOverLink(String peer, Ping ping) {
      send(peer, ping);
    }

    @Override
    public void hearingChanged(String peer, Hearing before, Hearing after) {
      if (!after.isReachable() && overlay.isNeighbor(peer)) {
        closeLink(peer);
        forgetNeighbor(peer);
        lost.add(peer);
        detector.check(peer, now, CHECK);
      }
      @Nullable LinkStateAdEntry entry = linkState.table().get(peer);
      if (entry != null) {
        if (after.isAlive() && !before.isAlive()) {
          membership.heard(entry, now);
        } else if (!after.isAlive() && membership.silent(entry)) {
          lost.add(peer); // it was up by this node's word, as a neighbour is
        }
      }
      if (after.isAlive()) {
        linkState.change(true);
      } else {
        linkState.changeAtOnce();
      }
    }
  }

  private final class LinkStateHost implements LinkState.Host {

    @Override
    public void send(String peer, LinkStateMessage message) {
      Fabric.this.send(peer, message);
    }

    @Override
    public LinkStateAd describe() {
      List<String> neighbors = new ArrayList<>();
      for (FabricPeer peer : overlay.neighbors()) {
        neighbors.add(peer.name());
      }
      Collections.sort(neighbors);
      return new LinkStateAd(
          self.name(),
          self.address(),
          1,
          1,
          Status.MEMBER,
          neighbors,
          unheard(),
          membership.vouched(),
          detector.watched().size());
    }

    @Override
    public void adChanged(LinkStateAdEntry entry, @Nullable LinkStateAd before) {
      LinkStateAd ad = entry.ad();
      membership.adChanged(entry, before, now);
      if (ad == null) {
        return;
      }
      if (before == null || !before.neighbors().equals(ad.neighbors())) {
        routesChanged = true;
        routesVersion++;
      }
      if (before == null || !before.unheard().equals(ad.unheard())) {
        partitionsMayChange();
        checkAccused(ad, before);
      }
      if (before != null && before.incarnation() < ad.incarnation()) {
        detector.restarted(ad.node(), now);
      }
      if (membership.state(entry) == MemberState.FORGOTTEN) {
        forgetPeer(ad.node());
      }
    }

    /** Whoever is accused by another is looked at, if it is watched here. */
    private void checkAccused(LinkStateAd ad, @Nullable LinkStateAd before) {
      @Nullable LinkStateAdEntry accuser = linkState.table().get(ad.node());
      boolean counts = accuser != null && accuser != linkState.own() && membership.isUp(accuser);
      for (Unheard unheard : ad.unheard()) {
        if (counts && unheard.hearing() == Hearing.SILENT) {
          detector.accused(unheard.node(), now);
        }
        if (overlay.isNeighbor(unheard.node())
            && (before == null || !before.unheard().contains(unheard))) {
          checkNow(unheard.node());
        }
      }
    }

    @Override
    public void nodeGone(LinkStateAdEntry entry) {
      routesVersion++;
      membership.nodeGone(entry);
      forgetPeer(entry.name());
    }

    private void forgetPeer(String node) {
      overlay.forget(node);
      links.forget(node);
      lost.remove(node);
      if (!observed.contains(node) && !contacts.containsKey(node)) {
        addresses.remove(node);
      }
    }

    @Override
    public void outbid(long incarnation) {
      long greater = Incarnation.above(linkState.incarnation(), incarnation);
      host.storeIncarnation(greater);
      linkState.reincarnate(greater);
      host.notify(new Notification.Reincarnated(greater));
    }
  }

  private List<Unheard> unheard() {
    List<Unheard> entries = new ArrayList<>();
    for (String peer : detector.watched()) {
      @Nullable Hearing hearing = detector.hearing(peer);
      if (hearing == null
          || hearing == Hearing.HEARD
          || entries.size() == LinkStateAd.MAX_UNHEARD) {
        continue;
      }
      @Nullable LinkStateAdEntry entry = linkState.table().get(peer);
      @Nullable MemberState state = entry == null ? null : membership.state(entry);
      boolean told =
          state == MemberState.UP
              || state == MemberState.CUT_OFF
              || (state == MemberState.AGENT_DOWN && hearing == Hearing.REFUSED);
      long since = detector.since(peer, now);
      boolean lasting = lost.contains(peer) || now - since >= OBSERVED_PATIENCE;
      if (told && lasting) {
        entries.add(new Unheard(peer, hearing, Math.max(0, (now - since) / MS)));
      }
    }
    entries.sort(Comparator.comparing(Unheard::node));
    return entries;
  }

  private final class MembershipHost implements Membership.Host {

    @Override
    public @Nullable Hearing hearing(String peer) {
      return detector.hearing(peer);
    }

    @Override
    public boolean hasHeardSince(String peer, long moment) {
      return detector.hasHeardSince(peer, moment);
    }

    @Override
    public void check(String peer, long time) {
      checkNow(peer);
    }

    @Override
    public long roundTripAllowance(String peer) {
      long own = Math.max(0, detector.roundTrip(peer));
      return Math.max(2 * detector.longestNeighborRoundTrip(), own + own / 4);
    }

    @Override
    public boolean isBlocked() {
      if (overlay.degree() > 0) {
        return false;
      }
      for (String peer : detector.watched()) {
        if (detector.hearing(peer) == Hearing.HEARD) {
          return true;
        }
      }
      return false;
    }

    @Override
    public boolean isAnsweredWithoutLinks() {
      return isBlocked() || (overlay.degree() == 0 && now - namelessAnswerAt < NAMELESS_HOLDS);
    }

    @Override
    public void vouchesChanged() {
      linkState.change(true);
    }

    @Override
    public boolean isConfigured(String peer) {
      return contacts.containsKey(peer) || observed.contains(peer);
    }

    @Override
    public void notify(Notification notification) {
      partitionsMayChange();
      linkState.change(false);
      host.notify(notification);
    }
  }
}
