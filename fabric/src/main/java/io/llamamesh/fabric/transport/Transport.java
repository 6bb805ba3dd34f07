package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Message;
import io.llamamesh.fabric.transport.Handshake.Hello;
import io.llamamesh.fabric.transport.LinkConnection.Phase;
import io.llamamesh.fabric.wire.EnclosedMessage;
import io.llamamesh.fabric.wire.MessageCodec;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Links and datagrams of one node over TCP and UDP. Everything happens on the thread that calls
 * {@link #poll}, which is the only one that may call anything but {@link #wakeup} and {@link
 * #counters}.
 *
 * <p>Guarantees: whoever has not proved to have the mesh's key is heard for a few seconds and a few
 * kilobytes, and no more than a few dozen of them at one time; whoever has, has bounded queues and
 * time limits; every connection that is ended and every datagram that is dropped is counted by its
 * reason.
 */
public final class Transport implements AutoCloseable {

  private static final long MS = 1_000_000L;

  /** Time limits are looked at so often. */
  private static final long LOOK = 100 * MS;

  /** Without resources for a connection, none is accepted for so long. */
  private static final long ACCEPT_PAUSE = 200 * MS;

  /** Taken from one socket before the others have their turn. */
  private static final int BURST = 128;

  private static final int BACKLOG = 64;

  private static final int BUFFER = 64 << 10;

  private final TransportOptions options;
  private final Supplier<MeshKeys> ring;
  private final TransportListener listener;
  private final LongSupplier clock;
  private final SecureRandom random = new SecureRandom();
  private final TransportCounters counters = new TransportCounters();
  private final PeerLives lives = new PeerLives();
  private final Datagrams datagrams;
  private final Selector selector;
  private final List<ServerSocketChannel> servers = new ArrayList<>();
  private final List<DatagramChannel> sockets = new ArrayList<>();
  private final Map<Long, LinkConnection> connections = new LinkedHashMap<>();
  private final Set<LinkConnection> dirty = new LinkedHashSet<>();
  private final Map<LinkConnection, TransportEvent> failing = new LinkedHashMap<>();
  private final ArrayDeque<Runnable> later = new ArrayDeque<>();
  // Only once the port is ours: memory outside the heap is given back late.
  private ByteBuffer scratch = ByteBuffer.allocate(0);
  private ByteBuffer chunk = ByteBuffer.allocate(0);
  private final byte[] packet = new byte[Datagrams.MAX_BYTES + 1];
  private MeshKeys keys;
  private long incarnation;
  private long lastId;
  private long held;
  private long nextLook;
  private long acceptAgain;
  private boolean acceptPaused;

  private Transport(
      TransportOptions options,
      long incarnation,
      Supplier<MeshKeys> ring,
      TransportListener listener,
      LongSupplier clock)
      throws IOException {
    this.options = options;
    this.incarnation = incarnation;
    this.ring = ring;
    this.keys = ring.get();
    this.listener = listener;
    this.clock = clock;
    this.datagrams = new Datagrams(options.mesh(), options.self(), options.epoch(), lives);
    this.selector = Selector.open();
    this.nextLook = clock.getAsLong() + LOOK;
  }

  /**
   * Binds, and answers nobody yet.
   *
   * @param incarnation this node's life
   * @param ring the mesh's keys as they are now; asked before each turn
   * @param clock monotonic time in nanoseconds
   * @throws IOException where an address cannot be bound; nothing stays open then
   */
  public static Transport open(
      TransportOptions options,
      long incarnation,
      Supplier<MeshKeys> ring,
      TransportListener listener,
      LongSupplier clock)
      throws IOException {
    Transport transport = new Transport(options, incarnation, ring, listener, clock);
    try {
      for (InetSocketAddress address : options.listen()) {
        transport.bind(address);
      }
      transport.scratch = ByteBuffer.allocateDirect(BUFFER);
      transport.chunk = ByteBuffer.allocateDirect(BUFFER);
    } catch (IOException | RuntimeException e) {
      transport.close();
      throw e;
    }
    return transport;
  }

  private void bind(InetSocketAddress address) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open();
    servers.add(server);
    server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
    server.configureBlocking(false);
    try {
      server.bind(address, BACKLOG);
    } catch (BindException e) {
      throw taken(address, "TCP", e);
    }
    server.register(selector, SelectionKey.OP_ACCEPT);
    InetSocketAddress bound = (InetSocketAddress) server.getLocalAddress();
    DatagramChannel socket = DatagramChannel.open();
    sockets.add(socket);
    socket.configureBlocking(false);
    try {
      socket.bind(new InetSocketAddress(address.getAddress(), bound.getPort()));
    } catch (BindException e) {
      throw taken(address, "UDP", e);
    }
    socket.register(selector, SelectionKey.OP_READ);
  }

  private static IOException taken(InetSocketAddress address, String over, BindException cause) {
    return new IOException(
        "cannot listen on %s over %s: %s; give another port, the same on all nodes"
            .formatted(SocketAddressText.of(address), over, cause.getMessage()),
        cause);
  }

  /** The address it listens on. */
  public List<InetSocketAddress> locals() throws IOException {
    List<InetSocketAddress> locals = new ArrayList<>();
    for (ServerSocketChannel server : servers) {
      locals.add((InetSocketAddress) server.getLocalAddress());
    }
    return locals;
  }

  /** Its counts, for any thread. */
  public TransportCounters counters() {
    return counters;
  }

  /** Number of links that are up. */
  public int links() {
    int links = 0;
    for (LinkConnection connection : connections.values()) {
      links += connection.phase() == Phase.UP ? 1 : 0;
    }
    return links;
  }

  /** Goes on under a greater incarnation from the next hello and datagram on. */
  public void incarnation(long greater) {
    incarnation = greater;
  }

  /** True when it is this peer whose reflector marks its answers so, by the peer's own word. */
  public boolean isEpoch(String peer, int epoch) {
    return lives.isEpoch(peer, epoch);
  }

  /** True when a peer has said anything yet, authentically. */
  public boolean isKnown(String peer) {
    return lives.incarnation(peer) != 0;
  }

  // What its parts ask.

  String mesh() {
    return options.mesh();
  }

  FabricPeer self() {
    return options.self();
  }

  TransportLimits limits() {
    return options.limits();
  }

  MeshKeys keys() {
    return keys;
  }

  /** A buffer to write through. */
  ByteBuffer chunk() {
    return chunk;
  }

  /**
   * Takes memory for what is not whole or not sent, or gives it back.
   *
   * @return false where all connections together would hold too much; nothing is taken then
   */
  boolean tryReserve(long more) {
    if (more > 0 && held + more > limits().heldBytes()) {
      return false;
    }
    held += more;
    return true;
  }

  /**
   * As {@link #tryReserve}; where there is no room, the one for which most waits is ended for it.
   */
  boolean tryReserveOrGiveUp(long more) {
    if (tryReserve(more)) {
      return true;
    }
    LinkConnection most = null;
    for (LinkConnection each : connections.values()) {
      if (most == null || each.queued() > most.queued()) {
        most = each;
      }
    }
    if (most == null || most.queued() < more) {
      return false;
    }
    most.giveUp();
    return tryReserve(more);
  }

  SecureRandom random() {
    return random;
  }

  long now() {
    return clock.getAsLong();
  }

  Hello hello(int keyId, String expected, long nonce, long lastSeen) {
    return new Hello(
        Handshake.VERSION,
        Handshake.OLDEST,
        options.mesh(),
        options.self(),
        incarnation,
        options.epoch(),
        keyId,
        expected,
        nonce,
        lastSeen,
        Handshake.random(random));
  }

  // What its owner asks.

  /** Opens a link; answered by {@link TransportListener} at a later turn. */
  public void dial(FabricPeer peer, long nonce, long lastSeen) {
    InetSocketAddress address = SocketAddressText.parse(peer.address());
    if (address == null) {
      failLater(peer, TransportEvent.DIAL_FAILED);
      return;
    }
    if (!isAllowed(address.getAddress())) {
      failLater(peer, TransportEvent.NOT_LOOPBACK);
      return;
    }
    if (connections.size() >= limits().links() + limits().pending()) {
      failLater(peer, TransportEvent.TOO_MANY_LINKS);
      return;
    }
    long now = now();
    try {
      SocketChannel channel = open(address);
      LinkConnection connection =
          LinkConnection.dialled(
              this, channel, address.getAddress(), ++lastId, peer, nonce, lastSeen, now);
      connections.put(connection.id(), connection);
      try {
        boolean atOnce = channel.connect(address);
        SelectionKey key =
            channel.register(selector, atOnce ? 0 : SelectionKey.OP_CONNECT, connection);
        connection.register(key);
        if (atOnce) {
          connection.connected();
        }
      } catch (IOException e) {
        failing.put(connection, reason(e));
      }
    } catch (IOException e) {
      failLater(peer, TransportEvent.DIAL_FAILED);
    }
  }

  /** From the address that others know, so that firewalls and people see who it is. */
  private SocketChannel open(InetSocketAddress to) throws IOException {
    SocketChannel channel = SocketChannel.open();
    try {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      for (InetSocketAddress local : options.listen()) {
        if (!local.getAddress().isAnyLocalAddress()
            && local.getAddress().getClass() == to.getAddress().getClass()) {
          channel.bind(new InetSocketAddress(local.getAddress(), 0));
          break;
        }
      }
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static TransportEvent reason(IOException e) {
    return e instanceof ConnectException && String.valueOf(e.getMessage()).contains("refused")
        ? TransportEvent.DIAL_REFUSED
        : TransportEvent.DIAL_FAILED;
  }

  private void failLater(FabricPeer peer, TransportEvent reason) {
    later.add(() -> {
      counters.add(reason);
      listener.dialFailed(peer, reason);
    });
  }

  private boolean isAllowed(InetAddress address) {
    return keys.isRequired() || options.allowsUnauthenticated() || address.isLoopbackAddress();
  }

  /** Sends over a link; dropped where the link is not up. */
  public void send(long link, Message message) {
    LinkConnection connection = connections.get(link);
    if (connection != null && connection.phase() == Phase.UP) {
      connection.send(MessageCodec.encode(message));
    }
  }

  /**
   * Sends over a link what may be lost: only while less waits for the peer, and for all together,
   * than would end a link. So no amount of it makes a neighbour a slow one.
   *
   * @return false where the link is not up, or there is no room
   */
  public boolean trySend(long link, EnclosedMessage message) {
    LinkConnection connection = connections.get(link);
    if (connection == null || connection.phase() != Phase.UP) {
      return false;
    }
    long more = (long) message.bytes().length + (1 << 10);
    if (connection.queued() + more > limits().queueBytes() / 8L * 7
        || held + more > limits().heldBytes() / 4 * 3) {
      return false;
    }
    connection.send(MessageCodec.encode(message));
    return true;
  }

  /** Closes a link once what was sent is sent; the listener does not hear of it. */
  public void close(long link) {
    LinkConnection connection = connections.get(link);
    if (connection != null && connection.phase() == Phase.UP) {
      failing.remove(connection);
      counters.add(TransportEvent.CLOSED);
      connection.flush(now());
    }
  }

  /** Sends a datagram; what the network does not take at once is dropped and counted. */
  public void sendDatagram(FabricPeer peer, Message message) {
    InetSocketAddress to = SocketAddressText.parse(peer.address());
    if (to == null || !isAllowed(to.getAddress())) {
      counters.add(TransportEvent.DATAGRAM_UNSENT);
      return;
    }
    byte[] bytes = datagrams.seal(peer, incarnation, message, keys);
    DatagramChannel socket = socketFor(to);
    if (socket == null || bytes.length > Datagrams.MAX_BYTES) {
      counters.add(TransportEvent.DATAGRAM_UNSENT);
      return;
    }
    try {
      if (socket.send(ByteBuffer.wrap(bytes), to) == bytes.length) {
        counters.datagramSent(bytes.length);
      } else {
        counters.add(TransportEvent.DATAGRAM_UNSENT);
      }
    } catch (IOException | RuntimeException e) {
      counters.add(TransportEvent.DATAGRAM_UNSENT);
    }
  }

  private @Nullable DatagramChannel socketFor(InetSocketAddress to) {
    for (int i = 0; i < sockets.size(); i++) {
      InetAddress local = options.listen().get(i).getAddress();
      if (local.getClass() == to.getAddress().getClass() || local.isAnyLocalAddress()) {
        return sockets.get(i);
      }
    }
    return null;
  }

  // Turns.

  /** Ends a wait in {@link #poll}; any thread may call. */
  public void wakeup() {
    if (selector.isOpen()) {
      selector.wakeup();
    }
  }

  /**
   * Waits until something arrives, at most for so long, and handles what is there.
   *
   * @param nanos 0 to not wait at all
   */
  public void poll(long nanos) throws IOException {
    keys = ring.get();
    runLater();
    flushDirty();
    boolean waits = nanos > 0 && later.isEmpty() && failing.isEmpty();
    long wait = waits ? Math.max(1, (nanos + MS - 1) / MS) : 0;
    if (wait == 0) {
      selector.selectNow(this::ready);
    } else {
      selector.select(this::ready, wait);
    }
    runLater();
    long now = now();
    if (now - nextLook >= 0) {
      look(now);
    }
    endFailing();
    flushDirty();
  }

  private void runLater() {
    for (int due = later.size(); due > 0; due--) {
      later.remove().run();
    }
  }

  private void look(long now) {
    if (now - nextLook > 10 * LOOK) {
      // This process stood still: what waits in its buffers must be read before it is judged.
      long lag = now - nextLook;
      connections.values().forEach(connection -> connection.stretch(lag));
    }
    nextLook = now + LOOK;
    for (LinkConnection connection : List.copyOf(connections.values())) {
      TransportEvent reason = connection.overdue(now);
      if (reason != null) {
        end(connection, reason);
      }
    }
    if (acceptPaused && now - acceptAgain >= 0) {
      acceptPaused = false;
      interestInAccepting(SelectionKey.OP_ACCEPT);
    }
  }

  private void endFailing() {
    while (!failing.isEmpty()) {
      Map.Entry<LinkConnection, TransportEvent> first = failing.entrySet().iterator().next();
      failing.remove(first.getKey());
      end(first.getKey(), first.getValue());
    }
  }

  private void flushDirty() {
    while (!dirty.isEmpty()) {
      List<LinkConnection> some = List.copyOf(dirty);
      dirty.clear();
      for (LinkConnection connection : some) {
        if (connection.phase() != Phase.CLOSED && connection.phase() != Phase.CONNECTING) {
          write(connection);
        }
      }
    }
  }

  private void write(LinkConnection connection) {
    try {
      connection.write();
    } catch (IOException e) {
      end(connection, TransportEvent.BROKEN);
    }
  }

  private void ready(SelectionKey key) {
    if (!key.isValid()) {
      return;
    }
    SelectableChannel channel = key.channel();
    if (channel instanceof ServerSocketChannel server) {
      accept(server);
    } else if (channel instanceof DatagramChannel socket) {
      readDatagrams(socket);
    } else if (key.attachment() instanceof LinkConnection connection) {
      ready(key, connection);
    }
  }

  private void ready(SelectionKey key, LinkConnection connection) {
    try {
      if (key.isConnectable()) {
        connection.connected();
      }
      if (key.isValid() && key.isReadable()) {
        connection.readable(scratch, now());
      }
      if (key.isValid() && key.isWritable()) {
        write(connection);
      }
    } catch (IOException e) {
      end(connection, connection.phase() == Phase.CONNECTING ? reason(e) : TransportEvent.BROKEN);
    }
  }

  private void accept(ServerSocketChannel server) {
    for (int i = 0; i < BURST; i++) {
      SocketChannel channel;
      try {
        channel = server.accept();
      } catch (IOException e) {
        counters.add(TransportEvent.ACCEPT_FAILED);
        acceptPaused = true;
        acceptAgain = now() + ACCEPT_PAUSE;
        interestInAccepting(0);
        return;
      }
      if (channel == null) {
        return;
      }
      counters.add(TransportEvent.CONNECTION_ACCEPTED);
      try {
        take(channel);
      } catch (IOException e) {
        counters.add(TransportEvent.BROKEN);
        closeQuietly(channel);
      }
    }
  }

  private void take(SocketChannel channel) throws IOException {
    InetAddress remote = ((InetSocketAddress) channel.getRemoteAddress()).getAddress();
    if (!isAllowed(remote)) {
      counters.add(TransportEvent.NOT_LOOPBACK);
      closeQuietly(channel);
      return;
    }
    makeRoom(remote);
    // Those that are being closed count as well: each holds a socket for a while.
    if (connections.size() >= limits().links() + 2 * limits().pending()) {
      counters.add(TransportEvent.TOO_MANY_LINKS);
      closeQuietly(channel);
      return;
    }
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    LinkConnection connection = LinkConnection.accepted(this, channel, remote, ++lastId, now());
    connections.put(connection.id(), connection);
    connection.register(channel.register(selector, SelectionKey.OP_READ, connection));
  }

  /**
   * Ends the oldest of those that have not proved who they are where there are too many: a member
   * needs milliseconds, so what has waited longest is least likely one.
   */
  private void makeRoom(InetAddress remote) {
    LinkConnection oldest = null;
    LinkConnection oldestThere = null;
    int pending = 0;
    int pendingThere = 0;
    for (LinkConnection connection : connections.values()) {
      if (connection.expected() != null || !connection.isPending()) {
        continue;
      }
      pending++;
      oldest = oldest == null ? connection : oldest;
      if (connection.remote().equals(remote)) {
        pendingThere++;
        oldestThere = oldestThere == null ? connection : oldestThere;
      }
    }
    if (oldestThere != null && pendingThere >= limits().pendingPerAddress()) {
      end(oldestThere, TransportEvent.TOO_MANY_HANDSHAKES);
    } else if (oldest != null && pending >= limits().pending()) {
      end(oldest, TransportEvent.TOO_MANY_HANDSHAKES);
    }
  }

  private void interestInAccepting(int operations) {
    for (ServerSocketChannel server : servers) {
      SelectionKey key = server.keyFor(selector);
      if (key != null && key.isValid()) {
        key.interestOps(operations);
      }
    }
  }

  private void readDatagrams(DatagramChannel socket) {
    for (int i = 0; i < BURST; i++) {
      scratch.clear();
      InetSocketAddress from;
      try {
        from = (InetSocketAddress) socket.receive(scratch);
      } catch (IOException e) {
        return; // an error of an earlier datagram, perhaps; the next turn reads on
      }
      if (from == null) {
        return;
      }
      scratch.flip();
      int length = scratch.remaining();
      counters.bytesReceived(length);
      if (!isAllowed(from.getAddress())) {
        counters.add(TransportEvent.NOT_LOOPBACK);
      } else if (length > Datagrams.MAX_BYTES) {
        counters.add(TransportEvent.DATAGRAM_MALFORMED);
      } else {
        scratch.get(packet, 0, length);
        takeDatagram(length);
      }
    }
  }

  private void takeDatagram(int length) {
    switch (datagrams.open(packet, length, keys)) {
      case Datagrams.Opened opened -> {
        counters.datagramReceived();
        listener.datagram(opened.from(), opened.to(), opened.message());
      }
      case TransportEvent dropped -> counters.add(dropped);
      default -> throw new IllegalStateException("neither a datagram nor a reason");
    }
  }

  // What happens to connections.

  void dirty(LinkConnection connection) {
    dirty.add(connection);
  }

  /** Ends a connection before the transport waits again; its owner may be in the middle of it. */
  void fail(LinkConnection connection, TransportEvent reason) {
    failing.putIfAbsent(connection, reason);
  }

  void up(LinkConnection connection, Hello other) {
    if (links() > limits().links()) {
      fail(connection, TransportEvent.TOO_MANY_LINKS);
    }
    counters.add(TransportEvent.LINK_UP);
    lives.hello(other.node().name(), other.incarnation(), other.epoch());
    listener.linkUp(
        connection.id(),
        other.node(),
        other.incarnation(),
        connection.expected(),
        connection.nonce(),
        connection.lastSeen());
  }

  void message(LinkConnection connection, byte[] body) {
    Message message;
    try {
      message = MessageCodec.decode(body);
    } catch (CodecException e) {
      // Authentic, so perhaps of a newer version: what is not understood is left out.
      counters.add(TransportEvent.MALFORMED_MESSAGE);
      return;
    }
    listener.received(connection.id(), message);
  }

  /** Ends a connection now. */
  void end(LinkConnection connection, TransportEvent reason) {
    Phase before = connection.phase();
    if (before == Phase.CLOSED) {
      return;
    }
    drop(connection);
    if (before == Phase.FLUSHING) {
      return; // counted when it was closed
    }
    counters.add(reason);
    FabricPeer expected = connection.expected();
    if (before == Phase.UP) {
      listener.linkDown(connection.id(), connection.peer(), reason);
    } else if (expected != null) {
      listener.dialFailed(expected, reason);
    }
  }

  private void drop(LinkConnection connection) {
    connections.remove(connection.id());
    failing.remove(connection);
    dirty.remove(connection);
    connection.closed();
  }

  private static void closeQuietly(SelectableChannel channel) {
    try {
      channel.close();
    } catch (IOException e) {
      // There is nothing more to do with it.
    }
  }

  /** Closes all at once; the listener hears no more. */
  @Override
  public void close() throws IOException {
    List.copyOf(connections.values()).forEach(this::drop);
    servers.forEach(Transport::closeQuietly);
    sockets.forEach(Transport::closeQuietly);
    selector.close();
  }
}
