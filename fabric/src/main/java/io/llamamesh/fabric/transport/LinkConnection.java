package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.transport.Handshake.Hello;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection from its first byte to its last. Belongs to the transport's thread.
 *
 * <p>Guarantees: what has not proved who it is makes this node hold a few kilobytes and answer at
 * most one hello and one refusal; nothing of a frame is used before all of it is here and its MAC
 * and counter are right.
 */
final class LinkConnection {

  /** The phase of its life. */
  enum Phase {
    /** The network opens it. */
    CONNECTING,
    /** The other side's hello is waited for. */
    HELLO,
    /** The other side's proof is waited for. */
    PROOF,
    /** It is a link. */
    UP,
    /** Closed by this node, once all is sent. */
    FLUSHING,
    /** Gone. */
    CLOSED
  }

  private static final int SMALL_IN = 512;

  /** A whole frame; more is read when it is taken. */
  private static final int MAX_IN = Frames.HEADER + Frames.MAX_BODY + Hmac.TRUNCATED;

  /** What a queued buffer takes beside its bytes. */
  private static final int BUFFER_OVERHEAD = 128;

  private final Transport transport;
  private final SocketChannel channel;
  private final InetAddress remote;
  private final long id;
  private final @Nullable FabricPeer expected;
  private final long nonce;
  private final long lastSeen;
  private long began;
  private final ArrayDeque<ByteBuffer> out = new ArrayDeque<>();
  private @Nullable SelectionKey selection;
  private Phase phase;
  private byte[] in = new byte[SMALL_IN];
  private int inSize;
  private long queued;
  private long frameBegan;
  private long lastFrame;
  private long stalledSince;
  private long closeBy;
  private boolean isHalfClosed;
  private boolean isGivenUp;
  private byte[] ownHello = new byte[0];
  private @Nullable Hello hello;
  private byte[] transcript = new byte[0];
  private MeshKeys.@Nullable Key key;
  private @Nullable Frames sent;
  private @Nullable Frames received;

  private LinkConnection(
      Transport transport,
      SocketChannel channel,
      InetAddress remote,
      long id,
      @Nullable FabricPeer expected,
      long nonce,
      long lastSeen,
      long now) {
    this.transport = transport;
    this.channel = channel;
    this.remote = remote;
    this.id = id;
    this.expected = expected;
    this.nonce = nonce;
    this.lastSeen = lastSeen;
    this.began = now;
    this.phase = expected == null ? Phase.HELLO : Phase.CONNECTING;
  }

  static LinkConnection dialled(
      Transport transport,
      SocketChannel channel,
      InetAddress remote,
      long id,
      FabricPeer expected,
      long nonce,
      long lastSeen,
      long now) {
    return new LinkConnection(transport, channel, remote, id, expected, nonce, lastSeen, now);
  }

  static LinkConnection accepted(
      Transport transport, SocketChannel channel, InetAddress remote, long id, long now) {
    return new LinkConnection(transport, channel, remote, id, null, 0, 0, now);
  }

  long id() {
    return id;
  }

  Phase phase() {
    return phase;
  }

  InetAddress remote() {
    return remote;
  }

  @Nullable FabricPeer expected() {
    return expected;
  }

  long began() {
    return began;
  }

  /** The peer at the other end; only of one that is or was up. */
  FabricPeer peer() {
    return Objects.requireNonNull(hello).node();
  }

  boolean isPending() {
    return phase == Phase.CONNECTING || phase == Phase.HELLO || phase == Phase.PROOF;
  }

  void register(SelectionKey as) {
    selection = as;
  }

  // Opening.

  /** The network has opened the connection, or says why not. */
  void connected() throws IOException {
    channel.finishConnect();
    phase = Phase.HELLO;
    MeshKeys.Key signing = transport.keys().signing();
    key = signing;
    ownHello =
        transport
            .hello(
                signing == null ? 0 : signing.id(),
                Objects.requireNonNull(expected).name(),
                nonce,
                lastSeen)
            .toBytes();
    enqueue(Handshake.frame(Handshake.KIND_HELLO, ownHello));
    interest();
  }

  /** Reads what is there, up to a bound; the rest at the next turn. */
  void readable(ByteBuffer scratch, long now) throws IOException {
    for (int turn = 0; turn < 8 && phase != Phase.CLOSED; turn++) {
      scratch.clear().limit(isPending() ? Handshake.MAX_BYTES : scratch.capacity());
      int count = channel.read(scratch);
      if (count < 0) {
        transport.end(this, TransportEvent.CLOSED_BY_PEER);
        return;
      }
      if (count == 0) {
        return;
      }
      transport.counters().bytesReceived(count);
      if (phase == Phase.FLUSHING) {
        continue; // nobody listens any more
      }
      if (!append(scratch.flip())) {
        transport.end(this, TransportEvent.OUT_OF_MEMORY);
        return;
      }
      parse(now);
    }
  }

  /** True when there was room for them. */
  private boolean append(ByteBuffer bytes) {
    int count = bytes.remaining();
    if (inSize + count > in.length) {
      int length = Math.max(inSize + count, Math.min(in.length * 2, MAX_IN));
      if (!transport.tryReserveOrGiveUp(length - in.length)) {
        return false;
      }
      in = Arrays.copyOf(in, length);
    }
    bytes.get(in, inSize, count);
    inSize += count;
    return true;
  }

  private void parse(long now) {
    int at = 0;
    boolean more = true;
    while (more && phase != Phase.CLOSED && phase != Phase.FLUSHING) {
      int taken = phase == Phase.UP ? takeFrame(at, now) : takeHandshake(at, now);
      more = taken > 0;
      at += taken;
    }
    if (phase == Phase.CLOSED) {
      return;
    }
    System.arraycopy(in, at, in, 0, inSize - at);
    inSize -= at;
    if (inSize == 0) {
      frameBegan = 0;
      if (in.length > 64 << 10) {
        transport.tryReserve(SMALL_IN - in.length);
        in = new byte[SMALL_IN];
      }
    } else if (at > 0 || frameBegan == 0) {
      frameBegan = now;
    }
  }

  private int takeHandshake(int at, long now) {
    if (inSize - at < Handshake.HEADER) {
      return 0;
    }
    int length = (in[at] & 0xff) << 8 | (in[at + 1] & 0xff);
    if (length > Handshake.MAX_BYTES) {
      transport.end(this, TransportEvent.BAD_FRAME);
      return 0;
    }
    if (inSize - at < Handshake.HEADER + length) {
      return 0;
    }
    byte[] body = Arrays.copyOfRange(in, at + Handshake.HEADER, at + Handshake.HEADER + length);
    switch (in[at + 2]) {
      case Handshake.KIND_HELLO -> takeHello(body);
      case Handshake.KIND_PROOF -> takeProof(body, now);
      case Handshake.KIND_REFUSAL -> takeRefusal(body);
      default -> transport.end(this, TransportEvent.BAD_FRAME);
    }
    return Handshake.HEADER + length;
  }

  private void takeHello(byte[] body) {
    if (phase != Phase.HELLO) {
      transport.end(this, TransportEvent.BAD_FRAME);
      return;
    }
    Hello other;
    try {
      other = Handshake.read(body);
    } catch (CodecException e) {
      transport.end(this, TransportEvent.BAD_FRAME);
      return;
    }
    TransportEvent problem = problem(other);
    if (problem != null) {
      refuse(problem);
      return;
    }
    hello = other;
    phase = Phase.PROOF;
    if (expected == null) {
      ownHello = transport.hello(other.keyId(), "", 0, 0).toBytes();
      enqueue(Handshake.frame(Handshake.KIND_HELLO, ownHello));
      transcript = Handshake.transcript(body, ownHello);
    } else {
      transcript = Handshake.transcript(ownHello, body);
      enqueue(Handshake.frame(Handshake.KIND_PROOF, proof(true)));
    }
  }

  private @Nullable TransportEvent problem(Hello other) {
    if (!other.isSpoken()) {
      return TransportEvent.WRONG_VERSION;
    }
    if (!other.mesh().equals(transport.mesh())) {
      return TransportEvent.WRONG_MESH;
    }
    MeshKeys keys = transport.keys();
    boolean known =
        expected != null
            ? other.keyId() == (key == null ? 0 : key.id())
            : other.keyId() == 0 ? !keys.isRequired() : !keys.accepted(other.keyId()).isEmpty();
    return known ? null : TransportEvent.WRONG_KEY;
  }

  private byte[] proof(boolean ofDialler) {
    return key == null ? new byte[0] : Handshake.proof(key, ofDialler, transcript);
  }

  private void takeProof(byte[] body, long now) {
    Hello other = hello;
    if (phase != Phase.PROOF || other == null) {
      transport.end(this, TransportEvent.BAD_FRAME);
      return;
    }
    boolean inbound = expected == null;
    if (inbound && other.keyId() != 0) {
      key = proven(other.keyId(), body);
    }
    boolean proved =
        inbound
            ? (key == null) == (other.keyId() == 0) && (key != null || body.length == 0)
            : Hmac.isSame(proof(false), body);
    if (!proved) {
      if (inbound) {
        refuse(TransportEvent.BAD_PROOF);
      } else {
        transport.end(this, TransportEvent.BAD_PROOF);
      }
      return;
    }
    if (inbound) {
      // Behind this in the queue is what the fabric says first; it hears of the link before the
      // dialling side does, since nothing of it is sent before this event is over.
      enqueue(Handshake.frame(Handshake.KIND_PROOF, proof(false)));
      if (!other.expected().equals(transport.self().name())) {
        transport.counters().add(TransportEvent.WRONG_NODE);
        flush(now);
        return;
      }
    }
    sent = new Frames(key, !inbound, transcript);
    received = new Frames(key, inbound, transcript);
    phase = Phase.UP;
    lastFrame = now;
    transport.up(this, other);
  }

  /** The key of this number that the dialling side has proved to have; null for none. */
  private MeshKeys.@Nullable Key proven(int id, byte[] proof) {
    for (MeshKeys.Key candidate : transport.keys().accepted(id)) {
      if (Hmac.isSame(Handshake.proof(candidate, true, transcript), proof)) {
        return candidate;
      }
    }
    return null;
  }

  long nonce() {
    return expected != null ? nonce : Objects.requireNonNull(hello).nonce();
  }

  long lastSeen() {
    return expected != null ? 0 : Objects.requireNonNull(hello).lastSeen();
  }

  /** Sends the reason, as far as anybody may know, and ends. */
  private void refuse(TransportEvent reason) {
    enqueue(Handshake.frame(Handshake.KIND_REFUSAL, new byte[] {(byte) code(reason)}));
    try {
      write(); // once: who does not take it is not waited for
    } catch (IOException e) {
      // It is ended anyway.
    }
    transport.end(this, reason);
  }

  private static int code(TransportEvent reason) {
    return switch (reason) {
      case WRONG_VERSION -> 1;
      case WRONG_MESH -> 2;
      case WRONG_KEY -> 3;
      case BAD_PROOF -> 4;
      default -> 0;
    };
  }

  /** What the other side says is no more than a hint: it has not proved who it is. */
  private void takeRefusal(byte[] body) {
    transport.end(
        this,
        switch (body.length == 1 ? body[0] : 0) {
          case 1 -> TransportEvent.WRONG_VERSION;
          case 2 -> TransportEvent.WRONG_MESH;
          case 3, 4 -> TransportEvent.WRONG_KEY;
          default -> TransportEvent.CLOSED_BY_PEER;
        });
  }

  // Frames.

  private int takeFrame(int at, long now) {
    if (inSize - at < Frames.HEADER) {
      return 0;
    }
    Frames frames = Objects.requireNonNull(received);
    int length = ByteBuffer.wrap(in).getInt(at + 1);
    if (length < 0 || length > Frames.MAX_BODY) {
      transport.end(this, TransportEvent.BAD_FRAME);
      return 0;
    }
    int whole = Frames.HEADER + length + frames.trailer();
    if (inSize - at < whole) {
      return 0;
    }
    TransportEvent problem = frames.check(in, at, length);
    if (problem != null) {
      transport.end(this, problem);
      return 0;
    }
    lastFrame = now;
    transport.counters().frameReceived();
    byte[] body = Arrays.copyOfRange(in, at + Frames.HEADER, at + Frames.HEADER + length);
    switch (in[at]) {
      case Frames.MESSAGE -> transport.message(this, body);
      case Frames.REKEY -> {
        if (!frames.tryRekey(body, transport.keys())) {
          transport.end(this, TransportEvent.WRONG_KEY);
        }
      }
      default -> transport.end(this, TransportEvent.BAD_FRAME);
    }
    return whole;
  }

  /** Queues a message; it is written before the transport waits again. */
  void send(byte[] message) {
    if (phase != Phase.UP || isGivenUp) {
      return;
    }
    Frames frames = Objects.requireNonNull(sent);
    MeshKeys.Key signing = transport.keys().signing();
    if (signing != null && frames.key() != null && !transport.keys().signsWith(frames.key())) {
      enqueue(frames.rekey(signing, transport.random()));
      if (isGivenUp) {
        return; // the peer does not learn of the key under which the next would be
      }
    }
    enqueue(frames.seal(Frames.MESSAGE, message));
    transport.counters().frameSent();
    if (queued > transport.limits().queueBytes()) {
      transport.fail(this, TransportEvent.SLOW_NEIGHBOR);
    }
  }

  /** Bytes that wait to be sent. */
  long queued() {
    return queued;
  }

  /** Gives back what waits here; it is ended before the transport waits again. */
  void giveUp() {
    isGivenUp = true;
    out.clear();
    release(queued);
    transport.fail(this, TransportEvent.OUT_OF_MEMORY);
  }

  private void enqueue(byte[] bytes) {
    if (isGivenUp) {
      return;
    }
    long taken = (long) bytes.length + BUFFER_OVERHEAD;
    if (!transport.tryReserveOrGiveUp(taken)) {
      giveUp();
      return;
    }
    if (isGivenUp) {
      transport.tryReserve(-taken); // it was this one for which most waited
      return;
    }
    out.add(ByteBuffer.wrap(bytes));
    queued += taken;
    transport.dirty(this);
  }

  /** Writes what the network takes. */
  void write() throws IOException {
    ByteBuffer chunk = transport.chunk();
    while (!out.isEmpty()) {
      fill(chunk);
      int count = channel.write(chunk);
      if (count == 0) {
        if (stalledSince == 0) {
          stalledSince = transport.now();
        }
        break;
      }
      stalledSince = 0;
      transport.counters().bytesSent(count);
      written(count);
    }
    if (phase == Phase.FLUSHING && out.isEmpty() && !isHalfClosed) {
      // Not closed yet: what the peer still sends would be answered by a reset, which may take
      // from it what it has not read.
      isHalfClosed = true;
      channel.shutdownOutput();
    }
    interest();
  }

  /** The first of what waits, through one buffer for all: the JDK would keep one for each size. */
  private void fill(ByteBuffer chunk) {
    chunk.clear();
    for (ByteBuffer next : out) {
      int count = Math.min(chunk.remaining(), next.remaining());
      chunk.put(next.slice(next.position(), count));
      if (!chunk.hasRemaining()) {
        break;
      }
    }
    chunk.flip();
  }

  private void written(int count) {
    int left = count;
    while (left > 0) {
      ByteBuffer first = out.element();
      int taken = Math.min(left, first.remaining());
      first.position(first.position() + taken);
      left -= taken;
      if (!first.hasRemaining()) {
        out.remove();
        release((long) first.limit() + BUFFER_OVERHEAD);
      }
    }
  }

  private void release(long taken) {
    queued -= taken;
    transport.tryReserve(-taken);
  }

  private void interest() {
    SelectionKey as = selection;
    if (as != null && as.isValid()) {
      as.interestOps(SelectionKey.OP_READ | (out.isEmpty() ? 0 : SelectionKey.OP_WRITE));
    }
  }

  // Ending.

  /** Closes once what was sent is sent, or time is up. */
  void flush(long now) {
    phase = Phase.FLUSHING;
    closeBy = now + transport.limits().flush();
    transport.dirty(this);
  }

  /** The reason why its time is up; null while it is not. */
  @Nullable TransportEvent overdue(long now) {
    TransportLimits limits = transport.limits();
    return switch (phase) {
      case CONNECTING, HELLO, PROOF -> {
        long most = expected == null ? limits.handshake() : limits.dial();
        yield now - began > most ? TransportEvent.HANDSHAKE_TIMEOUT : null;
      }
      case UP -> overdueFrame(now);
      case FLUSHING -> now - closeBy > 0 ? TransportEvent.CLOSED : null;
      case CLOSED -> null;
    };
  }

  private @Nullable TransportEvent overdueFrame(long now) {
    TransportLimits limits = transport.limits();
    if (stalledSince != 0 && now - stalledSince > limits.writeStall()) {
      return TransportEvent.SLOW_NEIGHBOR;
    }
    if (frameBegan != 0 && now - frameBegan > limits.frame()) {
      return TransportEvent.HALF_FRAME;
    }
    if (now - lastFrame > limits.idle()) {
      return TransportEvent.IDLE_LINK;
    }
    MeshKeys.Key peers = Objects.requireNonNull(received).key();
    boolean accepted =
        peers == null ? !transport.keys().isRequired() : transport.keys().accepts(peers);
    return accepted ? null : TransportEvent.KEY_EXPIRED;
  }

  /** Gives its time limits back what this process stood still. */
  void stretch(long lag) {
    began += lag;
    closeBy += lag;
    lastFrame += lag;
    frameBegan += frameBegan == 0 ? 0 : lag;
    stalledSince += stalledSince == 0 ? 0 : lag;
  }

  void closed() {
    phase = Phase.CLOSED;
    out.clear();
    release(queued);
    transport.tryReserve(SMALL_IN - in.length);
    if (selection != null) {
      selection.cancel();
    }
    try {
      channel.close();
    } catch (IOException e) {
      // There is nothing more to do with it.
    }
  }
}
