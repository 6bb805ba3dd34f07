package io.llamamesh.fabric.wire;

import io.llamamesh.fabric.detector.DetectorMessage;
import io.llamamesh.fabric.detector.DetectorMessage.Ping;
import io.llamamesh.fabric.detector.DetectorMessage.Pong;
import io.llamamesh.fabric.detector.Hearing;
import io.llamamesh.fabric.linkstate.Ad;
import io.llamamesh.fabric.linkstate.Ad.Status;
import io.llamamesh.fabric.linkstate.LinkStateMessage;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Ads;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Digest;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Leaving;
import io.llamamesh.fabric.linkstate.LinkStateMessage.LeavingSeen;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Summary;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Version;
import io.llamamesh.fabric.linkstate.Unheard;
import io.llamamesh.fabric.node.Message;
import io.llamamesh.fabric.node.Peer;
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
    out.octet(VERSION);
    switch (message) {
      case DetectorMessage detection -> write(out, detection);
      case OverlayMessage overlay -> write(out, overlay);
      case LinkStateMessage state -> write(out, state);
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
   * @throws MalformedMessageException if they are none; nothing of it may be used
   */
  public static Message decode(byte[] bytes) throws MalformedMessageException {
    if (bytes.length > MAX_BYTES) {
      throw new MalformedMessageException("it has " + bytes.length + " bytes");
    }
    ByteReader in = new ByteReader(bytes);
    int version = in.octet();
    if (version != VERSION) {
      throw new MalformedMessageException("it is of version " + version);
    }
    try {
      Message message = read(in);
      in.end();
      return message;
    } catch (IllegalArgumentException e) {
      throw new MalformedMessageException(String.valueOf(e.getMessage()));
    }
  }

  private static void write(ByteWriter out, DetectorMessage message) {
    switch (message) {
      case Ping ping -> {
        out.octet(1);
        out.number(ping.id());
        out.octet(ping.neighbor() ? 1 : 0);
      }
      case Pong pong -> {
        out.octet(2);
        out.number(pong.id());
      }
    }
  }

  private static void write(ByteWriter out, OverlayMessage message) {
    switch (message) {
      case Join join -> {
        out.octet(16);
        write(out, join.joiner());
      }
      case NeighborRequest request -> {
        out.octet(17);
        write(out, request.sender());
        out.octet(request.urgent() ? 1 : 0);
      }
      case Accept _ -> out.octet(18);
      case Deny deny -> {
        out.octet(19);
        writePeers(out, deny.others());
      }
      case ForwardJoin walk -> {
        out.octet(20);
        write(out, walk.joiner());
        out.octet(walk.ttl());
      }
      case Disconnect disconnect -> {
        out.octet(21);
        @Nullable Peer instead = disconnect.instead();
        writePeers(out, instead == null ? List.of() : List.of(instead));
      }
      case Shuffle shuffle -> {
        out.octet(22);
        write(out, shuffle.origin());
        out.octet(shuffle.ttl());
        writePeers(out, shuffle.sample());
      }
      case ShuffleReply reply -> {
        out.octet(23);
        writePeers(out, reply.sample());
      }
    }
  }

  private static void write(ByteWriter out, LinkStateMessage message) {
    switch (message) {
      case Ads ads -> {
        out.octet(32);
        out.number(ads.ads().size());
        ads.ads().forEach(ad -> write(out, ad));
      }
      case Digest digest -> {
        out.octet(33);
        out.number(digest.buckets().size());
        digest.buckets().forEach(out::fixed64);
      }
      case Summary summary -> {
        out.octet(34);
        out.fixed64(summary.buckets());
        out.number(summary.versions().size());
        for (Version version : summary.versions()) {
          out.text(version.node());
          out.number(version.incarnation());
          out.number(version.sequence());
        }
      }
      case Leaving leaving -> {
        out.octet(35);
        write(out, leaving.ad());
      }
      case LeavingSeen seen -> {
        out.octet(36);
        out.number(seen.incarnation());
      }
    }
  }

  private static void write(ByteWriter out, AgedAd aged) {
    Ad ad = aged.ad();
    out.number(aged.ageMillis());
    out.text(ad.node());
    out.text(ad.address());
    out.number(ad.incarnation());
    out.number(ad.sequence());
    out.octet(code(ad.status()));
    writeTexts(out, ad.neighbors());
    out.number(ad.unheard().size());
    for (Unheard unheard : ad.unheard()) {
      out.text(unheard.node());
      out.octet(code(unheard.hearing()));
      out.number(unheard.forMillis());
    }
    writeTexts(out, ad.vouched());
    out.number(ad.watched());
  }

  private static void write(ByteWriter out, Peer peer) {
    out.text(peer.name());
    out.text(peer.address());
  }

  private static void writePeers(ByteWriter out, List<Peer> peers) {
    out.number(peers.size());
    peers.forEach(peer -> write(out, peer));
  }

  private static void writeTexts(ByteWriter out, List<String> texts) {
    out.number(texts.size());
    texts.forEach(out::text);
  }

  private static Message read(ByteReader in) throws MalformedMessageException {
    int kind = in.octet();
    return switch (kind) {
      case 1 -> new Ping(in.number(), readFlag(in));
      case 2 -> new Pong(in.number());
      case 16 -> new Join(readPeer(in));
      case 17 -> new NeighborRequest(readPeer(in), readFlag(in));
      case 18 -> new Accept();
      case 19 -> new Deny(readPeers(in, OverlayMessage.MAX_PEERS));
      case 20 -> new ForwardJoin(readPeer(in), in.octet());
      case 21 -> {
        List<Peer> instead = readPeers(in, 1);
        yield new Disconnect(instead.isEmpty() ? null : instead.getFirst());
      }
      case 22 -> {
        Peer origin = readPeer(in);
        int ttl = in.octet();
        yield new Shuffle(origin, readPeers(in, OverlayMessage.MAX_PEERS), ttl);
      }
      case 23 -> new ShuffleReply(readPeers(in, OverlayMessage.MAX_PEERS));
      case 32 -> {
        List<AgedAd> ads = new ArrayList<>();
        for (int left = in.count(LinkStateMessage.MAX_ADS); left > 0; left--) {
          ads.add(readAd(in));
        }
        yield new Ads(ads);
      }
      case 33 -> {
        List<Long> buckets = new ArrayList<>();
        for (int left = in.count(LinkStateMessage.BUCKETS); left > 0; left--) {
          buckets.add(in.fixed64());
        }
        yield new Digest(buckets);
      }
      case 34 -> {
        long buckets = in.fixed64();
        List<Version> versions = new ArrayList<>();
        for (int left = in.count(LinkStateMessage.MAX_SUMMARY); left > 0; left--) {
          versions.add(new Version(in.text(Peer.MAX_NAME), in.number(), in.number()));
        }
        yield new Summary(buckets, versions);
      }
      case 35 -> new Leaving(readAd(in));
      case 36 -> new LeavingSeen(in.number());
      default -> throw new MalformedMessageException("it is of kind " + kind);
    };
  }

  private static AgedAd readAd(ByteReader in) throws MalformedMessageException {
    long age = in.number();
    String node = in.text(Peer.MAX_NAME);
    String address = in.text(Peer.MAX_ADDRESS);
    long incarnation = in.number();
    long sequence = in.number();
    Status status = readStatus(in);
    List<String> neighbors = readTexts(in, Ad.MAX_NEIGHBORS);
    List<Unheard> unheard = new ArrayList<>();
    for (int left = in.count(Ad.MAX_UNHEARD); left > 0; left--) {
      unheard.add(new Unheard(in.text(Peer.MAX_NAME), readHearing(in), in.number()));
    }
    List<String> vouched = readTexts(in, Ad.MAX_VOUCHED);
    long watched = in.number();
    if (watched > Integer.MAX_VALUE) {
      throw new MalformedMessageException("an ad whose node watches too many");
    }
    return new AgedAd(
        new Ad(
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

  private static Peer readPeer(ByteReader in) throws MalformedMessageException {
    return new Peer(in.text(Peer.MAX_NAME), in.text(Peer.MAX_ADDRESS));
  }

  private static List<Peer> readPeers(ByteReader in, int atMost) throws MalformedMessageException {
    List<Peer> peers = new ArrayList<>();
    for (int left = in.count(atMost); left > 0; left--) {
      peers.add(readPeer(in));
    }
    return peers;
  }

  private static List<String> readTexts(ByteReader in, int atMost)
      throws MalformedMessageException {
    List<String> texts = new ArrayList<>();
    for (int left = in.count(atMost); left > 0; left--) {
      texts.add(in.text(Peer.MAX_NAME));
    }
    return texts;
  }

  private static boolean readFlag(ByteReader in) throws MalformedMessageException {
    int flag = in.octet();
    if (flag > 1) {
      throw new MalformedMessageException("a flag is " + flag);
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

  private static Status readStatus(ByteReader in) throws MalformedMessageException {
    int code = in.octet();
    return switch (code) {
      case 0 -> Status.MEMBER;
      case 1 -> Status.LEAVING;
      case 2 -> Status.FORGOTTEN;
      default -> throw new MalformedMessageException("a status is " + code);
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

  private static Hearing readHearing(ByteReader in) throws MalformedMessageException {
    int code = in.octet();
    return switch (code) {
      case 1 -> Hearing.PROBES_UNHEARD_BY_PEER;
      case 2 -> Hearing.NO_PROBES;
      case 3 -> Hearing.UNHEARD_BY_PEER;
      case 4 -> Hearing.REFUSED;
      case 5 -> Hearing.SILENT;
      default -> throw new MalformedMessageException("a hearing is " + code);
    };
  }
}
