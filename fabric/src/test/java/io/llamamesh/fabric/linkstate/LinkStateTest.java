package io.llamamesh.fabric.linkstate;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.fabric.linkstate.LinkStateAd.Status;
import io.llamamesh.fabric.linkstate.LinkStateMessage.Ads;
import io.llamamesh.fabric.linkstate.LinkStateMessage.AgedAd;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LinkStateTest {

  private static final long MS = 1_000_000L;
  private static final long SECOND = 1_000 * MS;
  private static final long HOUR = 3_600 * SECOND;

  private final Map<String, Node> nodes = new HashMap<>();
  private long now = 1_000 * SECOND;

  @Test
  void whatDiffersAfterACutIsExchangedOverOneLinkAndNothingElse() {
    Random random = new Random(1);
    for (int round = 0; round < 200; round++) {
      Node a = new Node("a");
      Node b = new Node("b");
      Map<String, Long> newest = new HashMap<>();
      for (int i = random.nextInt(60); i > 0; i--) {
        String name = "n" + random.nextInt(40);
        long sequence = random.nextLong(1, 6);
        newest.merge(name, sequence, Math::max);
        (random.nextBoolean() ? a : b).state.receive("x", ads(ad(name, 1, sequence), 0), now);
      }

      a.state.neighborUp("b");
      b.state.neighborUp("a");
      deliver();

      newest.forEach((name, sequence) -> {
        assertThat(a.sequence(name)).isEqualTo(sequence);
        assertThat(b.sequence(name)).isEqualTo(sequence);
      });
      a.log.clear();
      a.state.neighborDown("b");
      b.state.neighborDown("a");
      a.state.neighborUp("b");
      b.state.neighborUp("a");
      deliver();
      assertThat(a.log).as("a digest is enough where nothing differs").hasSize(1);
      nodes.clear();
    }
  }

  @Test
  void anAgeTravelsAndNoExchangeMakesAnAdYounger() {
    Node a = new Node("a");
    Node b = new Node("b");
    a.state.receive("x", ads(ad("n9", 1, 1), 3_600_000L), now);
    now += 2 * HOUR;
    a.state.neighborUp("b");
    b.state.neighborUp("a");
    deliver();
    assertThat(b.ageMillis("n9")).isEqualTo(3 * 3_600_000L);

    b.state.receive("x", ads(ad("n9", 1, 1), 0), now);
    assertThat(b.ageMillis("n9")).isEqualTo(3 * 3_600_000L);
    b.state.receive("x", ads(ad("n9", 1, 1), 5 * 3_600_000L), now);
    assertThat(b.ageMillis("n9")).isEqualTo(5 * 3_600_000L);
  }

  @Test
  void anAdOlderThanADayIsForgottenAndRefused() {
    Node a = new Node("a");
    a.state.receive("x", ads(ad("n9", 1, 1), 0), now);
    now += 23 * HOUR;
    a.state.tick(now);
    assertThat(a.sequence("n9")).isEqualTo(1);
    now += 2 * HOUR;
    a.state.tick(now);
    assertThat(a.state.table().get("n9")).isNull();

    a.state.receive("x", ads(ad("n9", 1, 1), 25 * 3_600_000L), now);
    assertThat(a.sequence("n9")).isZero();
    assertThat(a.state.table().refused()).isEqualTo(1);
  }

  @Test
  void whatIsForgottenOnPurposeComesBackOnlyWithANewLife() {
    Node a = new Node("a");
    a.state.receive("x", ads(ad("n9", 5, 7), 0), now);
    assertThat(a.state.tryForget("n9", now)).isTrue();
    a.state.receive("x", ads(ad("n9", 5, 1_000), 0), now);
    a.state.receive("x", ads(ad("n9", 4, 1_000), 0), now);
    assertThat(a.state.table().get("n9").isForgotten()).isTrue();

    a.state.receive("x", ads(ad("n9", 6, 1), 0), now);
    assertThat(a.state.table().get("n9").isForgotten()).isFalse();
    assertThat(a.state.tryForget("nobody", now)).isFalse();
    assertThat(a.state.tryForget("a", now)).isFalse();
  }

  @Test
  void aRecordOfItsOwnOfAnotherLifeIsOutbid() {
    Node a = new Node("a");
    a.state.receive("x", ads(ad("a", 2_080_000_000L, 3), 0), now);
    assertThat(a.outbid).containsExactly(2_080_000_000L);
    a.state.receive("x", ads(ad("a", Long.MAX_VALUE, 3), 0), now);
    assertThat(a.outbid).hasSize(1);
  }

  @Test
  void nobodyCanFillTheTable() {
    Node a = new Node("a");
    for (int i = 0; i < 2 * LinkStateAdTable.MAX_NODES; i++) {
      a.state.receive("x", ads(ad("n" + i, 1, 1), 0), now);
    }
    assertThat(a.state.table().entries()).hasSize(LinkStateAdTable.MAX_NODES);
    assertThat(a.state.table().refused()).isEqualTo(LinkStateAdTable.MAX_NODES + 1L);
  }

  @Test
  void aSilenceIsPublishedAtOnceHoweverMuchHasChangedBefore() {
    Node a = new Node("a");
    for (int i = 0; i < 100; i++) {
      a.neighbors = List.of("n" + i);
      a.state.change(true);
      now += 100 * MS;
      a.state.flush(now);
    }
    long before = a.state.adsPublished();

    a.neighbors = List.of();
    a.state.changeAtOnce();
    a.state.flush(now);

    assertThat(a.state.adsPublished() - before).isEqualTo(1);
    assertThat(before).as("the budget holds").isLessThanOrEqualTo(16);
  }

  @Test
  void changesOfOneSecondAreFewAds() {
    Node a = new Node("a");
    a.state.flush(now);
    for (int i = 0; i < 1_000; i++) {
      a.neighbors = List.of("n" + i);
      a.state.change(i % 2 == 0);
      now += MS;
      a.state.flush(now);
    }
    assertThat(a.state.adsPublished()).isLessThanOrEqualTo(5);
    now += 2 * SECOND;
    a.state.flush(now);
    assertThat(a.state.own().ad().neighbors()).containsExactly("n999");
  }

  @Test
  void aDatagramSpeaksForItsSenderOnly() {
    Node a = new Node("a");
    LinkStateAd forged =
        new LinkStateAd("n5", "a:1", 1, 1, Status.LEAVING, List.of(), List.of(), List.of(), 0);
    a.state.receive("n6", new LinkStateMessage.Leaving(new AgedAd(forged, 0)), now);
    assertThat(a.sequence("n5")).isZero();
    a.state.receive("n5", new LinkStateMessage.Leaving(new AgedAd(forged, 0)), now);
    assertThat(a.sequence("n5")).isEqualTo(1);
  }

  @Test
  void whatANeighborHasSentIsNotSentToIt() {
    Node a = new Node("a");
    new Node("b");
    new Node("c");
    a.state.neighborUp("b");
    a.state.neighborUp("c");
    a.state.flush(now);
    a.sent.clear();

    a.state.receive("b", ads(ad("n9", 1, 1), 0), now);
    a.state.flush(now);

    assertThat(a.sent).hasSize(1);
    assertThat(a.sent.getFirst().to).isEqualTo("c");
  }

  private void deliver() {
    boolean busy = true;
    while (busy) {
      busy = false;
      for (Node node : List.copyOf(nodes.values())) {
        node.state.flush(now);
        for (Sent sent : List.copyOf(node.sent)) {
          node.sent.remove(sent);
          busy = true;
          nodes.get(sent.to).state.receive(node.name, sent.message, now);
        }
      }
    }
  }

  private static LinkStateAd ad(String node, long incarnation, long sequence) {
    return new LinkStateAd(
        node,
        "192.0.2.1:8101",
        incarnation,
        sequence,
        Status.MEMBER,
        List.of(),
        List.of(),
        List.of(),
        0);
  }

  private static Ads ads(LinkStateAd ad, long ageMillis) {
    return new Ads(List.of(new AgedAd(ad, ageMillis)));
  }

  private record Sent(String to, LinkStateMessage message) {}

  private final class Node implements LinkState.Host {
    final String name;
    final LinkState state;
    final List<Sent> sent = new ArrayList<>();
    final List<LinkStateMessage> log = new ArrayList<>();
    final List<Long> outbid = new ArrayList<>();
    List<String> neighbors = List.of();

    Node(String name) {
      this.name = name;
      this.state = new LinkState(name, 100, new Random(1), this, now);
      nodes.put(name, this);
    }

    long sequence(String node) {
      @Nullable LinkStateAdEntry entry = state.table().get(node);
      return entry == null || entry.ad() == null ? 0 : entry.ad().sequence();
    }

    long ageMillis(String node) {
      return LinkStateAdTable.ageMillis(state.table().get(node), now);
    }

    @Override
    public void send(String peer, LinkStateMessage message) {
      sent.add(new Sent(peer, message));
      log.add(message);
    }

    @Override
    public LinkStateAd describe() {
      return new LinkStateAd(
          name, "192.0.2.1:8101", 1, 1, Status.MEMBER, neighbors, List.of(), List.of(), 0);
    }

    @Override
    public void adChanged(LinkStateAdEntry entry, @Nullable LinkStateAd before) {}

    @Override
    public void nodeGone(LinkStateAdEntry entry) {}

    @Override
    public void outbid(long incarnation) {
      outbid.add(incarnation);
    }
  }
}
