package io.llamamesh.fabric.transport;

import io.llamamesh.fabric.codec.ByteReader;
import io.llamamesh.fabric.codec.ByteWriter;
import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Incarnation;
import io.llamamesh.fabric.node.Message;
import io.llamamesh.fabric.wire.MessageCodec;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams as bytes: who says it in which life, to whom in which life, and the message.
 *
 * <pre>
 *   "LD" 2 | version 1 | key 1 | counter 8 | mesh, sender, its address, its life, its reflector's mark,
 *   receiver, its life, message | HMAC-SHA-256 of all before, 16 (0 without keys)
 * </pre>
 */
final class Datagrams {

  /** Bytes of a datagram at most; what is longer than a packet is left to IP. */
  static final int MAX_BYTES = 32 << 10;

  private static final int MAGIC = 0x4c44;
  private static final int VERSION = 1;
  private static final byte[] PURPOSE = Hmac.label("llama-mesh fabric datagram");

  private final String mesh;
  private final FabricPeer self;
  private final int epoch;
  private final PeerLives lives;
  private long counter;
  private MeshKeys.@Nullable Key macKey;
  private @Nullable Hmac mac;

  Datagrams(String mesh, FabricPeer self, int epoch, PeerLives lives) {
    this.mesh = mesh;
    this.self = self;
    this.epoch = epoch;
    this.lives = lives;
  }

  /**
   * A datagram that was opened.
   *
   * @param to which life of this node its sender meant, 0 for any
   */
  record Opened(FabricPeer from, long to, Message message) {}

  byte[] seal(FabricPeer to, long incarnation, Message message, MeshKeys keys) {
    MeshKeys.Key key = keys.signing();
    ByteWriter out = new ByteWriter();
    out.writeByte(MAGIC >> 8);
    out.writeByte(MAGIC);
    out.writeByte(VERSION);
    out.writeByte(key == null ? 0 : key.id());
    out.writeLong(counter++);
    out.writeText(mesh);
    out.writeText(self.name());
    out.writeText(self.address());
    out.writeVarint(incarnation);
    out.writeVarint(epoch & 0xffff_ffffL);
    out.writeText(to.name());
    out.writeVarint(lives.incarnation(to.name()));
    out.writeBytes(MessageCodec.encode(message));
    byte[] bytes = out.toBytes();
    if (key == null) {
      return bytes;
    }
    byte[] sealed = Arrays.copyOf(bytes, bytes.length + Hmac.TRUNCATED);
    mac(key).seal(sealed, 0, bytes.length);
    return sealed;
  }

  /** The MAC of datagrams under a key; that of the last one used is kept. */
  private Hmac mac(MeshKeys.Key key) {
    Hmac known = mac;
    if (known == null || macKey != key) {
      known = new Hmac(key.mac().digest(PURPOSE));
      mac = known;
      macKey = key;
    }
    return known;
  }

  /**
   * Opens what arrived.
   *
   * @return what it says, or a {@link TransportEvent} that says why nothing of it may be used
   */
  Object open(byte[] bytes, int length, MeshKeys keys) {
    int end = length;
    if (length < 12 || bytes[0] != MAGIC >> 8 || bytes[1] != (byte) MAGIC || bytes[2] != VERSION) {
      return TransportEvent.DATAGRAM_MALFORMED;
    }
    int id = bytes[3] & 0xff;
    if (id != 0) {
      end -= Hmac.TRUNCATED;
      if (end < 12 || !isAuthentic(bytes, end, id, keys)) {
        return TransportEvent.DATAGRAM_BAD_MAC;
      }
    } else if (keys.isRequired()) {
      return TransportEvent.DATAGRAM_BAD_MAC;
    }
    try {
      return read(new ByteReader(Arrays.copyOfRange(bytes, 4, end)));
    } catch (CodecException | IllegalArgumentException e) {
      return TransportEvent.DATAGRAM_MALFORMED;
    }
  }

  private boolean isAuthentic(byte[] bytes, int end, int id, MeshKeys keys) {
    for (MeshKeys.Key key : keys.accepted(id)) {
      if (mac(key).verifies(bytes, 0, end)) {
        return true;
      }
    }
    return false;
  }

  private Object read(ByteReader in) throws CodecException {
    long number = in.readLong();
    String ofMesh = in.readText(FabricPeer.MAX_NAME);
    FabricPeer from =
        new FabricPeer(in.readText(FabricPeer.MAX_NAME), in.readText(FabricPeer.MAX_ADDRESS));
    long incarnation = in.readVarint(Incarnation.MAX);
    int mark = (int) in.readVarint(0xffff_ffffL);
    String to = in.readText(FabricPeer.MAX_NAME);
    long toIncarnation = in.readVarint(Incarnation.MAX);
    byte[] message = in.readBytes(MAX_BYTES);
    in.expectEnd();
    if (!ofMesh.equals(mesh) || !to.equals(self.name()) || from.name().equals(self.name())) {
      return TransportEvent.DATAGRAM_NOT_FOR_US;
    }
    if (!Incarnation.isValid(incarnation) || number < 0) {
      return TransportEvent.DATAGRAM_MALFORMED;
    }
    Message decoded = MessageCodec.decode(message);
    return lives.acceptsDatagram(from.name(), incarnation, mark, number)
        ? new Opened(from, toIncarnation, decoded)
        : TransportEvent.DATAGRAM_REPLAYED;
  }
}
