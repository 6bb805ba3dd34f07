package io.llamamesh.fabric.overlay;

import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.overlay.OverlayMessage.Accept;
import io.llamamesh.fabric.overlay.OverlayMessage.Deny;
import io.llamamesh.fabric.overlay.OverlayMessage.Disconnect;
import io.llamamesh.fabric.overlay.OverlayMessage.ForwardJoin;
import io.llamamesh.fabric.overlay.OverlayMessage.Join;
import io.llamamesh.fabric.overlay.OverlayMessage.NeighborRequest;
import io.llamamesh.fabric.overlay.OverlayMessage.Shuffle;
import io.llamamesh.fabric.overlay.OverlayMessage.ShuffleReply;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The views of one node (HyParView, with Lashup's changes: randomised timers instead of rounds,
 * throttled joins). The active view holds its neighbours, the passive view those who may take their
 * place.
 *
 * <p>Where nobody has room a newcomer is put into an existing edge: a full node takes it and lets a
 * neighbour go with the newcomer's name, so that degrees stay as they are and nobody is left alone.
 * Some places are kept for neighbours that have others: these are not let go for one that has none,
 * and for one of them, if there are too few, one that has none is let go.
 */
public final class Overlay {

  private static final long MS = 1_000_000L;

  /** Timeout of a request for its link and then for its answer. */
  private static final long REQUEST_TIMEOUT = 4_000 * MS;

  /** Requests on their way at one time. */
  private static final int MAX_PENDING = 2;

  /** A guest is one that got no room and has nobody else: it may exchange what is known. */
  private static final long GUEST_STAY = 1_500 * MS;

  /** Others have their turn before the same guest is let in again. */
  private static final long GUEST_AGAIN = 30_000 * MS;

  private static final long LONGEST_PAUSE = 30_000 * MS;

  /** The owner of an overlay. */
  public interface Host {

    /** Wants a link to the peer; answered by {@link #linkUp} or {@link #linkFailed}. */
    void connect(FabricPeer peer);

    /** True when there is a link to the peer already. */
    boolean isLinked(String peer);

    /** Sends over the link to the peer; dropped if there is none. */
    void send(String peer, OverlayMessage message);

    /** Sends as a datagram. */
    void sendDatagram(FabricPeer peer, OverlayMessage message);

    /** The link to the peer is not needed any more: closed once all is sent. */
    void release(String peer);

    /** A peer is an active neighbour from now on. */
    void neighborUp(FabricPeer peer);

    /** A peer is not an active neighbour any more, on purpose. */
    void neighborLeft(String peer);

    /** A peer without any neighbour is let in for a moment, or is over. */
    void guest(String peer);

    /** How many neighbours a peer has by its own word, -1 if unknown. */
    int degreeOf(String peer);

    /** Some peer that is worth a try when both views are exhausted, null if there is none. */
    @Nullable FabricPeer candidate();
  }

  private static final class Request {
    final FabricPeer peer;
    final boolean join;
    final boolean splitsAnEdge;
    final boolean bridge;
    final long deadline;
    boolean sent;

    Request(FabricPeer peer, boolean join, boolean splitsAnEdge, boolean bridge, long deadline) {
      this.peer = peer;
      this.join = join;
      this.splitsAnEdge = splitsAnEdge;
      this.bridge = bridge;
      this.deadline = deadline;
    }
  }

  private final FabricPeer self;
  private final OverlayOptions options;
  private final RandomGenerator random;
  private final Host host;
  private final Map<String, FabricPeer> active = new LinkedHashMap<>();
  private final Map<String, FabricPeer> passive = new LinkedHashMap<>();
  private final Map<String, Request> pending = new LinkedHashMap<>();
  private final List<FabricPeer> preferred = new ArrayList<>();
  private final TokenBucket joins;
  private final Map<String, Long> guestsUntil = new LinkedHashMap<>();
  private @Nullable FabricPeer denier;
  private @Nullable String guest;
  private long guestUntil;
  private long nextFill;
  private long nextShuffle;
  private int failures;
  private boolean leaving;
  private long joinsDenied;
  private long joinsTaken;
  private long viewChanges;

  /** An overlay of one node that knows nobody yet. */
  public Overlay(
      FabricPeer self, OverlayOptions options, RandomGenerator random, Host host, long now) {
    this.self = self;
    this.options = options;
    this.random = random;
    this.host = host;
    this.joins = new TokenBucket(now);
    this.nextFill = now + random.nextLong(300 * MS);
    this.nextShuffle = now + between(2_000, 12_000);
  }

  /** The active neighbours. */
  public Iterable<FabricPeer> neighbors() {
    return active.values();
  }

  /** Number of them. */
  public int degree() {
    return active.size();
  }

  /** True when a peer is an active neighbour. */
  public boolean isNeighbor(String peer) {
    return active.containsKey(peer);
  }

  /** True when a link to the peer is used by the overlay, for whatever. */
  public boolean isUsing(String peer) {
    return active.containsKey(peer) || pending.containsKey(peer) || peer.equals(guest);
  }

  /** Peers remembered for later. */
  public int passiveSize() {
    return passive.size();
  }

  /** Joins that were denied for their rate or want of room, since the start. */
  public long joinsDenied() {
    return joinsDenied;
  }

  /** Joins that were taken, since the start. */
  public long joinsTaken() {
    return joinsTaken;
  }

  /** Number of changes of the active view since the start. */
  public long viewChanges() {
    return viewChanges;
  }

  /** The guest that is connected beside the active view, null if none. */
  public @Nullable String guest() {
    return guest;
  }

  /** Remembers a peer for later. */
  public void remember(FabricPeer peer) {
    if (peer.name().equals(self.name()) || active.containsKey(peer.name())) {
      return;
    }
    passive.remove(peer.name());
    passive.put(peer.name(), peer);
    if (passive.size() > options.passive()) {
      Iterator<String> names = passive.keySet().iterator();
      for (int skip = random.nextInt(passive.size() - 1); skip > 0; skip--) {
        names.next();
      }
      names.next();
      names.remove();
    }
  }

  /** Forgets a peer that is gone. */
  public void forget(String peer) {
    passive.remove(peer);
    preferred.removeIf(p -> p.name().equals(peer));
  }

  /** Takes no more part: nobody is asked, and who asks is denied. */
  public void leave() {
    leaving = true;
  }

  /** Asks a peer to be a neighbour soon, though the views may be full: it seems to be apart. */
  public void bridge(FabricPeer peer, long now) {
    boolean room = active.size() < options.active() || victim(peer.name(), true) != null;
    if (room && !isUsing(peer.name()) && pending.size() < MAX_PENDING && !leaving) {
      request(peer, false, true, true, now);
    }
  }

  /** Does what is due. */
  public void tick(long now) {
    expire(now);
    if (guest != null && now >= guestUntil) {
      dismissGuest();
    }
    if (leaving) {
      return;
    }
    if (now >= nextFill) {
      fill(now);
    }
    if (now >= nextShuffle) {
      nextShuffle = now + between(10_000, 15_000);
      shuffle();
    }
  }

  private void expire(long now) {
    List<Request> overdue = new ArrayList<>(0);
    for (Request request : pending.values()) {
      if (now >= request.deadline) {
        overdue.add(request);
      }
    }
    for (Request request : overdue) {
      pending.remove(request.peer.name());
      passive.remove(request.peer.name());
      failures++;
      host.release(request.peer.name());
    }
  }

  private void fill(long now) {
    if (active.size() >= options.active() || pending.size() >= MAX_PENDING) {
      nextFill = now + between(500, 1_000);
      return;
    }
    @Nullable FabricPeer next = nextCandidate();
    if (next != null) {
      request(next, active.isEmpty(), false, false, now);
    }
    nextFill = now + pause();
  }

  /** Eager while alone, patient when nobody seems to have room. */
  private long pause() {
    long least = active.isEmpty() ? 300 : active.size() < 3 ? 500 : 1_000;
    long most = active.isEmpty() ? 10_000 : LONGEST_PAUSE / MS;
    long base = Math.min(most, least << Math.min(10, failures / 2));
    return between(base / 2 + 1, base + 2);
  }

  private @Nullable FabricPeer nextCandidate() {
    while (!preferred.isEmpty()) {
      FabricPeer peer = preferred.removeLast();
      if (isWorthTrying(peer)) {
        return peer;
      }
    }
    // Alone, whoever answered at all is the best guess: others may be out of reach.
    FabricPeer answering = denier;
    if (active.isEmpty()
        && answering != null
        && isWorthTrying(answering)
        && random.nextInt(4) > 0) {
      return answering;
    }
    // Contacts and all that is known are as good as the view, which may be of old.
    if (!passive.isEmpty() && (!active.isEmpty() || random.nextInt(3) > 0)) {
      int start = random.nextInt(passive.size());
      int i = 0;
      @Nullable FabricPeer found = null;
      for (FabricPeer peer : passive.values()) {
        if (isWorthTrying(peer) && (found == null || i <= start)) {
          found = peer;
        }
        if (i++ >= start && found != null) {
          break;
        }
      }
      if (found != null) {
        return found;
      }
    }
    @Nullable FabricPeer other = host.candidate();
    return other != null && isWorthTrying(other) ? other : null;
  }

  private boolean isWorthTrying(FabricPeer peer) {
    return !peer.name().equals(self.name()) && !isUsing(peer.name());
  }

  private void request(
      FabricPeer peer, boolean join, boolean splitsAnEdge, boolean bridge, long now) {
    Request request = new Request(peer, join, splitsAnEdge, bridge, now + REQUEST_TIMEOUT);
    pending.put(peer.name(), request);
    if (host.isLinked(peer.name())) {
      send(request);
    } else {
      host.connect(peer);
    }
  }

  private void send(Request request) {
    if (request.sent) {
      return;
    }
    request.sent = true;
    host.send(
        request.peer.name(),
        request.join
            ? new Join(self)
            : new NeighborRequest(self, active.isEmpty() || request.bridge));
  }

  /** A link to a peer works. */
  public void linkUp(String peer) {
    @Nullable Request request = pending.get(peer);
    if (request != null) {
      send(request);
    }
  }

  /** A link that was wanted is not to be had. */
  public void linkFailed(String peer) {
    if (pending.remove(peer) != null) {
      passive.remove(peer);
      failures++;
      if (denier != null && denier.name().equals(peer)) {
        denier = null;
      }
    }
  }

  /**
   * The link to a peer is gone, or the peer is silent.
   *
   * @return whether it was a neighbour
   */
  public boolean removeNeighbor(String peer, long now) {
    linkFailed(peer);
    if (peer.equals(guest)) {
      guest = null;
    }
    if (active.remove(peer) == null) {
      return false;
    }
    viewChanges++;
    hurry(now);
    return true;
  }

  private void hurry(long now) {
    failures = 0;
    nextFill = Math.min(nextFill, now + between(10, active.isEmpty() ? 50 : 200));
  }

  /** Takes a message from a peer, over the link to it or, a shuffle's reply, as a datagram. */
  public void receive(String from, OverlayMessage message, long now) {
    switch (message) {
      case Join join -> onJoin(from, join, now);
      case NeighborRequest request -> onRequest(from, request, now);
      case Accept _ -> onAccept(from, now);
      case Deny deny -> onDeny(from, deny);
      case ForwardJoin walk -> onForwardJoin(from, walk, now);
      case Disconnect disconnect -> onDisconnect(from, disconnect, now);
      case Shuffle shuffle -> onShuffle(from, shuffle);
      case ShuffleReply reply -> reply.sample().forEach(this::remember);
    }
  }

  private void onJoin(String from, Join join, long now) {
    FabricPeer joiner = join.joiner();
    if (!joiner.name().equals(from)) {
      return; // nobody joins for another
    }
    if (active.containsKey(from)) {
      host.send(from, new Accept());
      return;
    }
    boolean full = active.size() >= options.active();
    int rate = full ? options.joinsWhenFull() : options.joinsElse();
    if (leaving || !joins.tryTake(now, rate) || !makeRoom(joiner, true)) {
      joinsDenied++;
      deny(joiner, true, now);
      return;
    }
    joinsTaken++;
    List<FabricPeer> others = new ArrayList<>(active.values());
    accept(joiner, now);
    for (FabricPeer other : others) {
      if (active.containsKey(other.name())) {
        host.send(other.name(), new ForwardJoin(joiner, options.activeWalk()));
      }
    }
  }

  private void onRequest(String from, NeighborRequest request, long now) {
    FabricPeer sender = request.sender();
    if (!sender.name().equals(from)) {
      return;
    }
    if (active.containsKey(from)) {
      host.send(from, new Accept());
    } else if (!leaving && makeRoom(sender, request.urgent())) {
      accept(sender, now);
    } else {
      deny(sender, request.urgent(), now);
    }
  }

  private void accept(FabricPeer peer, long now) {
    host.send(peer.name(), new Accept());
    add(peer, now);
  }

  private void deny(FabricPeer peer, boolean urgent, long now) {
    List<FabricPeer> others = new ArrayList<>(active.values());
    others.removeIf(other -> other.name().equals(peer.name()));
    host.send(peer.name(), new Deny(others));
    remember(peer);
    guestsUntil.values().removeIf(until -> now >= until);
    if (urgent && !leaving && guest == null && !guestsUntil.containsKey(peer.name())) {
      guest = peer.name();
      guestsUntil.put(guest, now + GUEST_AGAIN);
      guestUntil = now + GUEST_STAY;
      host.guest(peer.name());
    } else {
      host.release(peer.name());
    }
  }

  private void dismissGuest() {
    String name = guest;
    guest = null;
    if (name != null && !isUsing(name)) {
      host.release(name);
    }
  }

  /** Lets a neighbour go for a newcomer, if one can be spared. */
  private boolean makeRoom(FabricPeer newcomer, boolean urgent) {
    if (active.size() < options.active()) {
      return true;
    }
    @Nullable FabricPeer victim = victim(newcomer.name(), urgent);
    if (victim == null) {
      return false;
    }
    drop(victim, newcomer);
    return true;
  }

  /**
   * Somebody who has others, unless this node itself needs those that have others; if it has too
   * few of these, and the newcomer is one, somebody who has none.
   */
  private @Nullable FabricPeer victim(String newcomer, boolean urgent) {
    List<FabricPeer> connected = new ArrayList<>();
    List<FabricPeer> leaves = new ArrayList<>();
    int core = 0;
    for (FabricPeer peer : active.values()) {
      int degree = host.degreeOf(peer.name());
      core += degree < 0 || degree >= 2 ? 1 : 0;
      if (degree >= 2 && !peer.name().equals(newcomer)) {
        connected.add(peer);
      } else if (degree >= 0 && !peer.name().equals(newcomer)) {
        leaves.add(peer);
      }
    }
    if (urgent && core > options.reservedForCore() && !connected.isEmpty()) {
      return connected.get(random.nextInt(connected.size()));
    }
    boolean needed = core < options.reservedForCore() && host.degreeOf(newcomer) >= 2;
    return needed && !leaves.isEmpty() ? leaves.get(random.nextInt(leaves.size())) : null;
  }

  private void drop(FabricPeer peer, @Nullable FabricPeer instead) {
    host.send(peer.name(), new Disconnect(instead));
    left(peer.name());
    remember(peer);
    host.release(peer.name());
  }

  private void left(String peer) {
    if (active.remove(peer) != null) {
      viewChanges++;
      host.neighborLeft(peer);
    }
  }

  private void add(FabricPeer peer, long now) {
    pending.remove(peer.name());
    passive.remove(peer.name());
    if (peer.name().equals(guest)) {
      guest = null;
    }
    if (active.put(peer.name(), peer) == null) {
      viewChanges++;
      failures = 0;
      nextFill = Math.min(nextFill, now + between(50, 500));
      host.neighborUp(peer);
    }
  }

  private void onAccept(String from, long now) {
    @Nullable Request request = pending.remove(from);
    if (request == null) {
      return; // of a request that was given up; the next ping sets it right
    }
    if (active.size() >= options.active()) {
      @Nullable FabricPeer victim = victim(from, request.splitsAnEdge);
      if (victim == null) {
        drop(request.peer, null); // others came first
        return;
      }
      drop(victim, request.peer);
    }
    add(request.peer, now);
  }

  private void onDeny(String from, Deny deny) {
    @Nullable Request request = pending.remove(from);
    for (FabricPeer peer : deny.others()) {
      remember(peer);
    }
    if (request == null) {
      return;
    }
    failures++;
    denier = request.peer;
    remember(request.peer);
    if (!deny.others().isEmpty() && active.isEmpty()) {
      preferred.clear();
      preferred.add(deny.others().get(random.nextInt(deny.others().size())));
    }
    if (active.isEmpty()) {
      // As a guest: the denier closes.
      host.guest(from);
    } else {
      host.release(from);
    }
  }

  private void onForwardJoin(String from, ForwardJoin walk, long now) {
    FabricPeer joiner = walk.joiner();
    if (joiner.name().equals(self.name()) || leaving) {
      return;
    }
    int ttl = Math.min(walk.ttl(), options.activeWalk());
    if (ttl == options.passiveWalk()) {
      remember(joiner);
    }
    @Nullable FabricPeer next = ttl <= 0 ? null : anyNeighbor(from, joiner.name());
    if (next != null) {
      host.send(next.name(), new ForwardJoin(joiner, ttl - 1));
    } else if (!isUsing(joiner.name())) {
      remember(joiner);
      if (pending.size() < MAX_PENDING) {
        request(joiner, false, true, false, now);
      }
    }
  }

  private void onDisconnect(String from, Disconnect disconnect, long now) {
    @Nullable FabricPeer peer = active.get(from);
    if (peer != null) {
      left(from);
      remember(peer);
      hurry(now);
    }
    pending.remove(from);
    if (disconnect.instead() != null) {
      remember(disconnect.instead());
      preferred.add(disconnect.instead());
      if (preferred.size() > options.active()) {
        preferred.removeFirst();
      }
    }
    host.release(from);
  }

  /** The peer does not hold this node for a neighbour, though this node holds it for one. */
  public void repudiated(String peer, long now) {
    @Nullable FabricPeer known = active.get(peer);
    if (known != null) {
      left(peer);
      remember(known);
      hurry(now);
      if (!isUsing(peer)) {
        host.release(peer);
      }
    }
  }

  private void shuffle() {
    @Nullable FabricPeer target = anyNeighbor("", "");
    if (target != null) {
      List<FabricPeer> sample = sample(3, 4, target.name());
      sample.add(self);
      host.send(target.name(), new Shuffle(self, sample, options.passiveWalk()));
    }
  }

  private void onShuffle(String from, Shuffle shuffle) {
    if (shuffle.origin().name().equals(self.name())) {
      return;
    }
    int ttl = Math.min(shuffle.ttl(), options.passiveWalk()) - 1;
    @Nullable FabricPeer next = ttl <= 0 ? null : anyNeighbor(from, shuffle.origin().name());
    if (next != null) {
      host.send(next.name(), new Shuffle(shuffle.origin(), shuffle.sample(), ttl));
      return;
    }
    host.sendDatagram(shuffle.origin(), new ShuffleReply(sample(2, 5, shuffle.origin().name())));
    shuffle.sample().forEach(this::remember);
  }

  private List<FabricPeer> sample(int fromActive, int fromPassive, String except) {
    List<FabricPeer> sample = new ArrayList<>();
    addSome(active, fromActive, except, sample);
    addSome(passive, fromPassive, except, sample);
    return sample;
  }

  private void addSome(
      Map<String, FabricPeer> view, int count, String except, List<FabricPeer> sample) {
    List<FabricPeer> peers = new ArrayList<>(view.values());
    peers.removeIf(peer -> peer.name().equals(except));
    for (int i = 0; i < count && !peers.isEmpty(); i++) {
      sample.add(peers.remove(random.nextInt(peers.size())));
    }
  }

  private @Nullable FabricPeer anyNeighbor(String except, String exceptToo) {
    @Nullable FabricPeer chosen = null;
    int seen = 0;
    for (FabricPeer peer : active.values()) {
      if (!peer.name().equals(except) && !peer.name().equals(exceptToo)) {
        seen++;
        if (random.nextInt(seen) == 0) {
          chosen = peer;
        }
      }
    }
    return chosen;
  }

  private long between(long fromMillis, long toMillis) {
    return random.nextLong(fromMillis * MS, toMillis * MS);
  }
}
