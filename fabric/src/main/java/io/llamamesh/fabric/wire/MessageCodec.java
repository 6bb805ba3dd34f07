package io.llamamesh.fabric.wire;

import io.llamamesh.fabric.codec.ByteReader;
import io.llamamesh.fabric.codec.ByteWriter;
import io.llamamesh.fabric.codec.CodecException;
import io.llamamesh.fabric.detector.DetectorMessage;
import io.llamamesh.fabric.detector.DetectorMessage.Ping;
import io.llamamesh.fabric.detector.DetectorMessage.Pong;
import io.llamamesh.fabric.detector.Hearing;
import io.llamamesh.fabric.linkstate.LinkStateAd;
import io.llamamesh.fabric.linkstate.LinkStateAd.Status;
import io.llamamesh.fabric.linkstate.LinkStateMessage;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Ads;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Digest;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Leaving;
import io.llamamesh.fabric.linkstate.LinkStateMessage.LeavingSeen;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Summary;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Version;
import io.llamamesh.fabric.linkstate.Unheard;
import io.llamamesh.fabric.node.FabricPeer;
import io.llamamesh.fabric.node.Message;
import io.llamamesh.fabric.overlay.OverlayMessage;
import io.llamamesh.fabric.overlay.OverlayMessage.Accept;
import io.llamamesh.fabric.overlay.OverlayMessage.Deny;
import io.llamamesh.fabric.overlay.OverlayMessage.Disconnect;
import io.llamamesh.fabric.overlay.OverlayMessage.ForwardJoin;
import io.llamamesh.fabric.overlay.OverlayMessage.Join;
import io.llamamesh.fabric.overlay.OverlayMessage.NeighborRequest;
import io.llamamesh.fabric.overlay.OverlayMessage.Shuffle;
import io.llamamesh.fabric.overlay.OverlayMessage.ShuffleReply;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Messages as bytes: a version, a kind, and the fields in order. A message has exactly one form, so
 * that what is decoded and encoded again is the same, and none has more than {@link #MAX_BYTES}.
 */
public final class MessageCodec {

  /** The version that this one writes, and the only one that it reads. */
  public static final int VERSION = 1;

  /** Bytes of a message at most. */
  public static final int MAX_BYTES = 1 << 20;

  private MessageCodec() {}

  /** The bytes of a message. */
  public static byte[] encode(Message message) {
    ByteWriter out = new ByteWriter();
    out.writeByte(VERSION);
    switch (message) {
      case DetectorMessage detection -> write(out, detection);
      case OverlayMessage overlay -> write(out, overlay);
      case LinkStateMessage state -> write(out, state);
      case EnclosedMessage enclosed -> write(out, enclosed);
      default -> throw new IllegalArgumentException("no form for " + message.getClass());
    }
    if (out.size() > MAX_BYTES) {
      throw new IllegalArgumentException("a message of " + out.size() + " bytes");
    }
    return out.toBytes();
  }

  /**
   * The message that these bytes are.
   *
   * @throws CodecException if they are none; nothing of it may be used
   */
  public static Message decode(byte[] bytes) throws CodecException {
    if (bytes.length > MAX_BYTES) {
      throw new CodecException("it has " + bytes.length + " bytes");
    }
    ByteReader in = new ByteReader(bytes);
    int version = in.readByte();
    if (version != VERSION) {
      throw new CodecException("it is of version " + version);
    }
    try {
      Message message = read(in);
      in.expectEnd();
      return message;
    } catch (IllegalArgumentException e) {
      throw new CodecException(String.valueOf(e.getMessage()));
    }
  }

  private static void write(ByteWriter out, DetectorMessage message) {
    switch (message) {
      case Ping ping -> {
        out.writeByte(1);
        out.writeVarint(ping.id());
        out.writeByte(ping.neighbor() ? 1 : 0);
      }
      case Pong pong -> {
        out.writeByte(2);
        out.writeVarint(pong.id());
        out.writeByte(pong.stalled() ? 1 : 0);
      }
    }
  }

  private static void write(ByteWriter out, OverlayMessage message) {
    switch (message) {
      case Join join -> {
        out.writeByte(16);
        write(out, join.joiner());
      }
      case NeighborRequest request -> {
        out.writeByte(17);
        write(out, request.sender());
        out.writeByte(request.urgent() ? 1 : 0);
      }
      case Accept _ -> out.writeByte(18);
      case Deny deny -> {
        out.writeByte(19);
        writePeers(out, deny.others());
      }
      case ForwardJoin walk -> {
        out.writeByte(20);
        write(out, walk.joiner());
        out.writeByte(walk.ttl());
      }
      case Disconnect disconnect -> {
        out.writeByte(21);
        @Nullable FabricPeer instead = disconnect.instead();
        writePeers(out, instead == null ? List.of() : List.of(instead));
      }
      case Shuffle shuffle -> {
        out.writeByte(22);
        write(out, shuffle.origin());
        out.writeByte(shuffle.ttl());
        writePeers(out, shuffle.sample());
      }
      case ShuffleReply reply -> {
        out.writeByte(23);
        writePeers(out, reply.sample());
      }
    }
  }

  private static void write(ByteWriter out, LinkStateMessage message) {
    switch (message) {
      case Ads ads -> {
        out.writeByte(32);
        out.writeVarint(ads.ads().size());
        ads.ads().forEach(ad -> write(out, ad));
      }
      case Digest digest -> {
        out.writeByte(33);
        out.writeVarint(digest.buckets().size());
        digest.buckets().forEach(out::writeLong);
      }
      case Summary summary -> {
        out.writeByte(34);
        out.writeLong(summary.buckets());
        out.writeVarint(summary.versions().size());
        for (Version version : summary.versions()) {
          out.writeText(version.node());
          out.writeVarint(version.incarnation());
          out.writeVarint(version.sequence());
        }
      }
      case Leaving leaving -> {
        out.writeByte(35);
        write(out, leaving.ad());
      }
      case LeavingSeen seen -> {
        out.writeByte(36);
        out.writeVarint(seen.incarnation());
      }
    }
  }

  private static void write(ByteWriter out, EnclosedMessage message) {
    switch (message) {
      case EnclosedMessage.OfMulticast(byte[] bytes) -> {
        out.writeByte(48);
        out.writeBytes(bytes);
      }
      case EnclosedMessage.OfStore(byte[] bytes) -> {
        out.writeByte(49);
        out.writeBytes(bytes);
      }
    }
  }

  private static void write(ByteWriter out, AgedAd aged) {
    LinkStateAd ad = aged.ad();
    out.writeVarint(aged.ageMillis());
    out.writeText(ad.node());
    out.writeText(ad.address());
    out.writeVarint(ad.incarnation());
    out.writeVarint(ad.sequence());
    out.writeByte(code(ad.status()));
    writeTexts(out, ad.neighbors());
    out.writeVarint(ad.unheard().size());
    for (Unheard unheard : ad.unheard()) {
      out.writeText(unheard.node());
      out.writeByte(code(unheard.hearing()));
      out.writeVarint(unheard.forMillis());
    }
    writeTexts(out, ad.vouched());
    out.writeVarint(ad.watched());
  }

  private static void write(ByteWriter out, FabricPeer peer) {
    out.writeText(peer.name());
    out.writeText(peer.address());
  }

  private static void writePeers(ByteWriter out, List<FabricPeer> peers) {
    out.writeVarint(peers.size());
    peers.forEach(peer -> write(out, peer));
  }

  private static void writeTexts(ByteWriter out, List<String> texts) {
    out.writeVarint(texts.size());
    texts.forEach(out::writeText);
  }

  private static Message read(ByteReader in) throws CodecException {
    int kind = in.readByte();
    return switch (kind) {
      case 1 -> new Ping(in.readVarint(Long.MAX_VALUE), readFlag(in));
      case 2 -> new Pong(in.readVarint(Long.MAX_VALUE), readFlag(in));
      case 16 -> new Join(readPeer(in));
      case 17 -> new NeighborRequest(readPeer(in), readFlag(in));
      case 18 -> new Accept();
      case 19 -> new Deny(readPeers(in, OverlayMessage.MAX_PEERS));
      case 20 -> new ForwardJoin(readPeer(in), in.readByte());
      case 21 -> {
        List<FabricPeer> instead = readPeers(in, 1);
        yield new Disconnect(instead.isEmpty() ? null : instead.getFirst());
      }
      case 22 -> {
        FabricPeer origin = readPeer(in);
        int ttl = in.readByte();
        yield new Shuffle(origin, readPeers(in, OverlayMessage.MAX_PEERS), ttl);
      }
      case 23 -> new ShuffleReply(readPeers(in, OverlayMessage.MAX_PEERS));
      case 32 -> {
        List<AgedAd> ads = new ArrayList<>();
        for (int left = in.readCount(LinkStateMessage.MAX_ADS); left > 0; left--) {
          ads.add(readAd(in));
        }
        yield new Ads(ads);
      }
      case 33 -> {
        List<Long> buckets = new ArrayList<>();
        for (int left = in.readCount(LinkStateMessage.BUCKETS); left > 0; left--) {
          buckets.add(in.readLong());
        }
        yield new Digest(buckets);
      }
      case 34 -> {
        long buckets = in.readLong();
        List<Version> versions = new ArrayList<>();
        for (int left = in.readCount(LinkStateMessage.MAX_SUMMARY); left > 0; left--) {
          versions.add(
              new Version(
                  readText(in, FabricPeer.MAX_NAME),
                  in.readVarint(Long.MAX_VALUE),
                  in.readVarint(Long.MAX_VALUE)));
        }
        yield new Summary(buckets, versions);
      }
      case 35 -> new Leaving(readAd(in));
      case 36 -> new LeavingSeen(in.readVarint(Long.MAX_VALUE));
      case 48 -> new EnclosedMessage.OfMulticast(in.readBytes(EnclosedMessage.MAX_BYTES));
      case 49 -> new EnclosedMessage.OfStore(in.readBytes(EnclosedMessage.MAX_BYTES));
      default -> throw new CodecException("it is of kind " + kind);
    };
  }

  private static AgedAd readAd(ByteReader in) throws CodecException {
    long age = in.readVarint(Long.MAX_VALUE);
    String node = readText(in, FabricPeer.MAX_NAME);
    String address = readText(in, FabricPeer.MAX_ADDRESS);
    long incarnation = in.readVarint(Long.MAX_VALUE);
    long sequence = in.readVarint(Long.MAX_VALUE);
    Status status = readStatus(in);
    List<String> neighbors = readTexts(in, LinkStateAd.MAX_NEIGHBORS);
    List<Unheard> unheard = new ArrayList<>();
    for (int left = in.readCount(LinkStateAd.MAX_UNHEARD); left > 0; left--) {
      unheard.add(
          new Unheard(
              readText(in, FabricPeer.MAX_NAME), readHearing(in), in.readVarint(Long.MAX_VALUE)));
    }
    List<String> vouched = readTexts(in, LinkStateAd.MAX_VOUCHED);
    long watched = in.readVarint(Long.MAX_VALUE);
    if (watched > Integer.MAX_VALUE) {
      throw new CodecException("an ad whose node watches too many");
    }
    return new AgedAd(
        new LinkStateAd(
            node,
            address,
            incarnation,
            sequence,
            status,
            neighbors,
            unheard,
            vouched,
            (int) watched),
        age);
  }

  private static FabricPeer readPeer(ByteReader in) throws CodecException {
    return new FabricPeer(readText(in, FabricPeer.MAX_NAME), readText(in, FabricPeer.MAX_ADDRESS));
  }

  private static List<FabricPeer> readPeers(ByteReader in, int atMost) throws CodecException {
    List<FabricPeer> peers = new ArrayList<>();
    for (int left = in.readCount(atMost); left > 0; left--) {
      peers.add(readPeer(in));
    }
    return peers;
  }

  private static List<String> readTexts(ByteReader in, int atMost) throws CodecException {
    List<String> texts = new ArrayList<>();
    for (int left = in.readCount(atMost); left > 0; left--) {
      texts.add(readText(in, FabricPeer.MAX_NAME));
    }
    return texts;
  }

  /** A text of so many UTF-16 units at most, each of which takes up to three bytes. */
  private static String readText(ByteReader in, int atMost) throws CodecException {
    String text = in.readText(3 * atMost);
    if (text.length() > atMost) {
      throw new CodecException("a text is too long");
    }
    return text;
  }

  private static boolean readFlag(ByteReader in) throws CodecException {
    int flag = in.readByte();
    if (flag > 1) {
      throw new CodecException("a flag is " + flag);
    }
    return flag == 1;
  }

  private static int code(Status status) {
    return switch (status) {
      case MEMBER -> 0;
      case LEAVING -> 1;
      case FORGOTTEN -> 2;
    };
  }

  private static Status readStatus(ByteReader in) throws CodecException {
    int code = in.readByte();
    return switch (code) {
      case 0 -> Status.MEMBER;
      case 1 -> Status.LEAVING;
      case 2 -> Status.FORGOTTEN;
      default -> throw new CodecException("a status is " + code);
    };
  }

  private static int code(Hearing hearing) {
    return switch (hearing) {
      case HEARD -> throw new IllegalArgumentException("who is heard is not unheard");
      case PROBES_UNHEARD_BY_PEER -> 1;
      case NO_PROBES -> 2;
      case UNHEARD_BY_PEER -> 3;
      case REFUSED -> 4;
      case SILENT -> 5;
    };
  }

  private static Hearing readHearing(ByteReader in) throws CodecException {
    int code = in.readByte();
    return switch (code) {
      case 1 -> Hearing.PROBES_UNHEARD_BY_PEER;
      case 2 -> Hearing.NO_PROBES;
      case 3 -> Hearing.UNHEARD_BY_PEER;
      case 4 -> Hearing.REFUSED;
      case 5 -> Hearing.SILENT;
      default -> throw new CodecException("a hearing is " + code);
    };
  }
}
