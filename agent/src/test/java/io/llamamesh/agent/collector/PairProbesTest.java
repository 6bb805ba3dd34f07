package io.llamamesh.agent.collector;

import static io.llamamesh.agent.collector.ProberFixture.MILLI;
import static io.llamamesh.agent.collector.ProberFixture.SECOND;
import static io.llamamesh.agent.collector.ProberFixture.plan;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.collector.CollectorCounters.Event;
import io.llamamesh.agent.window.Attempt;
import io.llamamesh.agent.window.Outcome;
import io.llamamesh.agent.wire.PairKey;
import io.llamamesh.agent.wire.PairSigners;
import io.llamamesh.agent.wire.ProbeKeys;
import io.llamamesh.agent.wire.ProbeWriter;
import io.llamamesh.agent.wire.SenderTable;
import io.llamamesh.agent.wire.Slots;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Probes by keys of the pair, towards reflectors that know them, do not know them yet, or forge.
 */
final class PairProbesTest {

  /** Offset of the slots in a frame of ours. */
  private static final int AT_SLOTS = 27;

  private static final int AT_KEY = AT_SLOTS + 7;
  private static final int LENGTH = 1028;
  private static final InetSocketAddress TARGET =
      new InetSocketAddress(InetAddress.ofLiteral("127.0.0.12"), 8100);
  private static final ProbeKeys MESH = ProbeKeys.NONE.with(1, new byte[16], true);

  private final PairSigners signers = new PairSigners();
  private final ProberFixture mesh = new ProberFixture(MESH.withPairs(SenderTable.NONE, signers));

  /** Keys that the reflector takes. */
  private ProbeKeys reflector = MESH;

  private int byPair;
  private int byMesh;
  private int slot;
  private byte label;

  private static PairKey key(int seed) {
    byte[] bytes = new byte[16];
    Arrays.fill(bytes, (byte) seed);
    return new PairKey(seed, bytes);
  }

  private static ProbeKeys taking(PairKey... keys) {
    return MESH.withPairs(
        new SenderTable(
            Arrays.stream(keys).map(key -> new SenderTable.Sender(key, new long[] {0, 1})).toList(),
            true),
        new PairSigners());
  }

  private void offer(PairKey... keys) {
    signers.offer(keys.length == 0 ? Map.of() : Map.of("b", List.of(keys)), Instant.EPOCH);
  }

  /** A reflector that takes what it has the keys of, as ours does. */
  private void start() {
    mesh.whenSent =
        (probe, from, bytes) -> {
          ByteBuffer request = ByteBuffer.wrap(bytes);
          slot = reflector.verifyRequest(request, 0, bytes.length, 0, 1);
          label = bytes[AT_KEY];
          if (!probe.hello()) {
            byPair += slot < 0 ? 1 : 0;
            byMesh += slot > 0 ? 1 : 0;
          }
        };
    mesh.dropForward = probe -> slot == 0;
    mesh.garble =
        (probe, answer) -> {
          answer[AT_KEY] = label;
          reflector.sign(ByteBuffer.wrap(answer), 0, slot);
          return List.of(answer);
        };
    mesh.prober.apply(
        plan(
            new ProbePlan.Pair(
                ProberFixture.type(), TARGET, 2, 100 * MILLI, true, Map.of("dst_ip", "b"), "b")));
  }

  private void finish() {
    mesh.prober.apply(ProbePlan.IDLE);
    mesh.run(20 * SECOND);
    mesh.prober.finish();
    assertThat(mesh.published(Attempt.SENT)).isPositive();
  }

  private void nothingIsLost() {
    finish();
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(mesh.published(Attempt.SENT));
    assertThat(byPair + byMesh).isEqualTo(mesh.published(Attempt.SENT));
  }

  @Test
  void theKeyOfThePairSignsFromTheFirstAnsweredTestOnAndNothingIsLost() {
    reflector = taking(key(5));
    start();
    mesh.run(10 * SECOND);
    assertThat(byPair).isZero();

    offer(key(5));
    mesh.run(SECOND);
    int before = byMesh;
    mesh.run(10 * SECOND);

    assertThat(byMesh).isEqualTo(before);
    assertThat(byPair).isGreaterThan(200);
    nothingIsLost();
    // Tests are no probes.
    assertThat(mesh.counters.count(Event.HELLO)).isBetween(1L, 3L);
  }

  @Test
  void towardsAReflectorThatKnowsNoSuchKeysTheMeshsSigns() {
    offer(key(5));
    start();
    mesh.run(60 * SECOND);

    assertThat(byPair).isZero();
    nothingIsLost();
  }

  @Test
  void onTheWayBackTheMeshsKeySignsAtOnce() {
    reflector = taking(key(5));
    offer(key(5));
    start();
    mesh.run(10 * SECOND);
    assertThat(byPair).isPositive();

    offer();
    int before = byPair;
    mesh.run(10 * SECOND);

    assertThat(byPair).isEqualTo(before);
    nothingIsLost();
  }

  @Test
  void aNewKeySignsOnceTheReflectorHasItToo() {
    reflector = taking(key(5));
    offer(key(5));
    start();
    mesh.run(5 * SECOND);

    offer(key(6), key(5));
    mesh.run(20 * SECOND);
    reflector = taking(key(5), key(6));
    mesh.run(20 * SECOND);
    reflector = taking(key(6));
    mesh.run(5 * SECOND);

    nothingIsLost();
  }

  @Test
  void aReflectorThatDrainsAndComesBackWithTheNewKeyOnlyCostsNoProbe() {
    reflector = taking(key(5));
    offer(key(5));
    start();
    mesh.run(5 * SECOND);
    mesh.draining = true;
    mesh.run(SECOND);
    offer(key(6), key(5));
    ProbeKeys before = reflector;
    reflector = taking(key(77));
    mesh.run(20 * SECOND);
    assertThat(before).isNotSameAs(reflector);
    mesh.draining = false;
    reflector = taking(key(6));
    mesh.run(20 * SECOND);

    finish();
    assertThat(mesh.published(Outcome.LOST)).isZero();
    assertThat(mesh.states).last().isEqualTo("DRAINING>UP");
  }

  /** All that another node's root has: the mesh's key, and its own to this target. */
  @Test
  void answersByTheMeshsKeyOrAnothersNeverCountForProbesByPair() {
    reflector = taking(key(5));
    offer(key(5));
    start();
    mesh.run(5 * SECOND);
    mesh.run(5 * SECOND);
    final int genuine = byPair + byMesh;
    final ProbeKeys forger = taking(key(6));
    mesh.garble =
        (probe, answer) -> {
          byte[] unsigned = answer.clone();
          byte[] ofMesh = answer.clone();
          MESH.sign(ByteBuffer.wrap(ofMesh), 0, 1);
          byte[] labelled = answer.clone();
          labelled[AT_KEY] = label;
          byte[] ofOther = answer.clone();
          ofOther[AT_KEY] = label;
          forger.sign(ByteBuffer.wrap(ofOther), 0, slotOf(forger));
          byte[] goodbye = ofMesh.clone();
          Slots.reply(ByteBuffer.wrap(goodbye), AT_SLOTS, Slots.FLAG_DRAINING, 0);
          MESH.sign(ByteBuffer.wrap(goodbye), 0, 1);
          return List.of(unsigned, ofMesh, labelled, ofOther, goodbye, Arrays.copyOf(ofMesh, 300));
        };
    mesh.run(60 * SECOND);

    finish();
    assertThat(mesh.published(Outcome.RECEIVED)).isEqualTo(genuine);
    assertThat(mesh.published(Outcome.LOST))
        .isEqualTo(mesh.published(Attempt.SENT) - genuine)
        .isGreaterThan(1000);
    assertThat(mesh.counters.count(Event.UNKEYED_ANSWER)).isGreaterThan(5000);
    assertThat(mesh.states).noneMatch(state -> state.contains("DRAINING"));
  }

  /** The slot under which the forger's only key is. */
  private static int slotOf(ProbeKeys forger) {
    ByteBuffer request = ByteBuffer.allocate(LENGTH);
    PairSigners own = new PairSigners();
    own.offer(Map.of("b", List.of(key(6))), Instant.EPOCH);
    ProbeWriter.frame(request, LENGTH, 0);
    ProbeWriter.sent(request, 1);
    assertThat(own.of("b", TARGET).trySignTest(request, 0)).isTrue();
    return forger.verifyRequest(request, 0, LENGTH, 0, 1);
  }
}
