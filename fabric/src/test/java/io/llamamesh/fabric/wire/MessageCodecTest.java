package io.llamamesh.fabric.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.fabric.codec.CodecException;
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
import io.llamamesh.fabric.overlay.OverlayMessage.Accept;
import io.llamamesh.fabric.overlay.OverlayMessage.Deny;
import io.llamamesh.fabric.overlay.OverlayMessage.Disconnect;
import io.llamamesh.fabric.overlay.OverlayMessage.ForwardJoin;
import io.llamamesh.fabric.overlay.OverlayMessage.Join;
import io.llamamesh.fabric.overlay.OverlayMessage.NeighborRequest;
import io.llamamesh.fabric.overlay.OverlayMessage.Shuffle;
import io.llamamesh.fabric.overlay.OverlayMessage.ShuffleReply;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class MessageCodecTest {

  private final Random random = new Random(1);

  @Test
  void everyMessageComesBackAsItWas() throws CodecException {
    for (int i = 0; i < 5_000; i++) {
      Message message = anyMessage();
      byte[] bytes = MessageCodec.encode(message);
      assertThat(MessageCodec.decode(bytes)).isEqualTo(message);
    }
  }

  @Test
  void noPartOfAMessageIsOne() throws CodecException {
    for (int i = 0; i < 300; i++) {
      byte[] bytes = MessageCodec.encode(anyMessage());
      for (int length = 0; length < bytes.length; length++) {
        byte[] part = Arrays.copyOf(bytes, length);
        assertThatThrownBy(() -> MessageCodec.decode(part)).isInstanceOf(CodecException.class);
      }
      byte[] more = Arrays.copyOf(bytes, bytes.length + 1);
      assertThatThrownBy(() -> MessageCodec.decode(more)).isInstanceOf(CodecException.class);
    }
  }

  /**
   * What is changed on the way is refused or is another message in its only form; never a fault.
   */
  @Test
  void changedBytesAreRefusedOrAnotherMessage() {
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = MessageCodec.encode(anyMessage());
      for (int change = 1 + random.nextInt(3); change > 0; change--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      try {
        assertThat(MessageCodec.encode(MessageCodec.decode(bytes))).isEqualTo(bytes);
      } catch (CodecException e) {
        refused++;
      }
    }
    assertThat(refused).isPositive();
  }

  @Test
  void anotherVersionIsRefusedByItsNumber() {
    byte[] bytes = MessageCodec.encode(new Pong(1));
    bytes[0] = 2;
    assertThatThrownBy(() -> MessageCodec.decode(bytes)).hasMessageContaining("version 2");
  }

  @Test
  void theLargestMessagesFitIntoAFrame() {
    String name = "x".repeat(FabricPeer.MAX_NAME);
    List<Version> versions = new ArrayList<>();
    for (int i = 0; i < LinkStateMessage.MAX_SUMMARY; i++) {
      versions.add(new Version("n" + i + ".example.internal", 1L << 53, Long.MAX_VALUE));
    }
    List<Unheard> unheard = new ArrayList<>();
    for (int i = 0; i < LinkStateAd.MAX_UNHEARD; i++) {
      unheard.add(new Unheard(name, Hearing.SILENT, Long.MAX_VALUE));
    }
    LinkStateAd large =
        new LinkStateAd(name, "a:1", 1L << 53, 1, Status.MEMBER, List.of(), unheard, List.of(), 1);

    byte[] enclosed = new byte[EnclosedMessage.MAX_BYTES];
    assertThat(MessageCodec.encode(new EnclosedMessage.OfStore(enclosed)).length)
        .isLessThanOrEqualTo(MessageCodec.MAX_BYTES);
    assertThat(MessageCodec.encode(new Summary(-1, versions)).length)
        .isLessThan(MessageCodec.MAX_BYTES);
    assertThat(MessageCodec.encode(new Ads(List.of(new AgedAd(large, 1)))).length)
        .isLessThan(MessageCodec.MAX_BYTES / 8);
  }

  private Message anyMessage() {
    List<Supplier<Message>> kinds =
        List.of(
            () -> new Ping(number(), random.nextBoolean()),
            () -> new Pong(number(), random.nextBoolean()),
            () -> new Join(peer()),
            () -> new NeighborRequest(peer(), random.nextBoolean()),
            Accept::new,
            () -> new Deny(peers(16)),
            () -> new ForwardJoin(peer(), random.nextInt(256)),
            () -> new Disconnect(random.nextBoolean() ? null : peer()),
            () -> new Shuffle(peer(), peers(16), random.nextInt(256)),
            () -> new ShuffleReply(peers(16)),
            () -> new Ads(ads()),
            () -> new Digest(random.longs(64).boxed().toList()),
            () -> new Summary(random.nextLong(), versions()),
            () -> new Leaving(ad()),
            () -> new LeavingSeen(number()),
            () -> new EnclosedMessage.OfMulticast(bytes()),
            () -> new EnclosedMessage.OfStore(bytes()));
    return kinds.get(random.nextInt(kinds.size())).get();
  }

  private byte[] bytes() {
    byte[] bytes = new byte[random.nextInt(200)];
    random.nextBytes(bytes);
    return bytes;
  }

  private long number() {
    return random.nextLong() >>> (1 + random.nextInt(63));
  }

  private <T> T anyOf(Set<T> values) {
    return List.copyOf(values).get(random.nextInt(values.size()));
  }

  private String name() {
    return "node-" + random.nextInt(10_000) + (random.nextInt(10) == 0 ? ".müller" : "");
  }

  private FabricPeer peer() {
    return new FabricPeer(name(), "192.0.2.1:" + random.nextInt(65_536));
  }

  private List<FabricPeer> peers(int atMost) {
    List<FabricPeer> peers = new ArrayList<>();
    for (int i = random.nextInt(atMost + 1); i > 0; i--) {
      peers.add(peer());
    }
    return peers;
  }

  private List<Version> versions() {
    List<Version> versions = new ArrayList<>();
    for (int i = random.nextInt(20); i > 0; i--) {
      versions.add(new Version(name(), number(), number()));
    }
    return versions;
  }

  private List<AgedAd> ads() {
    List<AgedAd> ads = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      ads.add(ad());
    }
    return ads;
  }

  private AgedAd ad() {
    List<Unheard> unheard = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      Hearing hearing = anyOf(EnumSet.complementOf(EnumSet.of(Hearing.HEARD)));
      unheard.add(new Unheard(name(), hearing, number()));
    }
    return new AgedAd(
        new LinkStateAd(
            name(),
            "192.0.2.1:8101",
            number(),
            number(),
            anyOf(EnumSet.allOf(Status.class)),
            names(16),
            unheard,
            names(64),
            random.nextInt(1 << 20)),
        number());
  }

  private List<String> names(int atMost) {
    List<String> names = new ArrayList<>();
    for (int i = random.nextInt(atMost + 1); i > 0; i--) {
      names.add(name());
    }
    return names;
  }
}
