package io.llamamesh.operator.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.auth.KeyRing;
import io.llamamesh.crd.Names.Component;
import io.llamamesh.keys.KeyDerivation;
import io.llamamesh.keys.NodeKeys;
import io.llamamesh.keys.ReaderKeys;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Who may have which keys. */
final class KeyIssuerTest {
  static final Instant NOW = Instant.parse("2026-12-01T00:00:00Z");
  private static final String AGENT = "system:serviceaccount:ns:m-agent";
  private static final String SCRAPER = "system:serviceaccount:ns:m-scraper";
  private final List<PodIdentity> pods =
      new ArrayList<>(
          List.of(
              pod("agent-1", Component.AGENT, "n1"),
              pod("agent-2", Component.AGENT, "n2"),
              new PodIdentity("old-3", "uid-old-3", Component.AGENT, "n3", true, false),
              pod("scraper-1", Component.SCRAPER, "n2")));

  @Test
  void anAgentGetsTheKeysOfItsNodeAndOfItsPairs() throws Exception {
    NodeKeys keys = NodeKeys.parse(issue(token(AGENT, "agent-1", "n1")));

    byte[] own = KeyDerivation.node(master(1), "uid", "n1", "u1/0");
    byte[] other = KeyDerivation.node(master(1), "uid", "n2", "u2/0");
    assertThat(keys.node()).isEqualTo("n1");
    assertThat(keys.revision()).isEqualTo("r");
    assertThat(keys.keys().getFirst().key()).isEqualTo(base64(own));
    assertThat(keys.keys()).hasSize(2);
    assertThat(keys.pairs()).containsOnlyKeys("n2");
    assertThat(keys.pairs().get("n2").getFirst().key())
        .isEqualTo(base64(KeyDerivation.pair(other, "n1", "u1/0")));
    // Of the others it derives the keys from its own.
    assertThat(keys.senders())
        .isEqualTo(Map.of("n2", new NodeKeys.Sender("u2/0", List.of("10.0.0.2"))));
  }

  /** Not that either from which they could be derived. */
  @Test
  void nothingOfAnotherNodeIsInAnAgentsAnswer() throws Exception {
    String answer = new String(issue(token(AGENT, "agent-1", "n1")), StandardCharsets.UTF_8);

    byte[] other = KeyDerivation.node(master(1), "uid", "n2", "u2/0");
    assertThat(answer)
        .doesNotContain(base64(master(1)), base64(other))
        .doesNotContain(KeyDerivation.readToken(other), KeyDerivation.postToken(other));
  }

  @Test
  void aScraperGetsWhatReadsAllAndPostsForNone() throws Exception {
    byte[] answer = issue(token(SCRAPER, "scraper-1", "n2"));
    ReaderKeys keys = ReaderKeys.parse(answer);

    byte[] n1 = KeyDerivation.node(master(1), "uid", "n1", "u1/0");
    assertThat(keys.nodes())
        .extracting(ReaderKeys.NodeTokens::name)
        .containsExactly("n1", "n2", "n3");
    assertThat(keys.nodes().getFirst().reads().getFirst().key())
        .isEqualTo(KeyDerivation.readToken(n1));
    assertThat(keys.nodes().getFirst().posts())
        .contains(KeyDerivation.hash(KeyDerivation.postToken(n1)));
    assertThat(keys.nodes())
        .extracting(ReaderKeys.NodeTokens::usesMeshToken)
        .containsExactly(false, false, true);
    assertThat(new String(answer, StandardCharsets.UTF_8))
        .doesNotContain(KeyDerivation.postToken(n1), base64(n1), base64(master(1)));
  }

  @Test
  void anExpiredMasterIsUsedForNobody() throws Exception {
    byte[] answer =
        KeyIssuer.issue(mesh(), token(AGENT, "agent-1", "n1"), NOW.plus(Duration.ofDays(2)));

    assertThat(NodeKeys.parse(answer).keys()).extracting(KeyRing.Entry::id).containsExactly(2);
  }

  @Test
  void whoIsNoLivePodOfTheMeshGetsNothing() {
    pods.add(new PodIdentity("ended", "uid-ended", Component.AGENT, "n1", false, true));
    pods.add(new PodIdentity("forged", "uid-forged", null, "n1", true, true));
    pods.add(new PodIdentity("waiting", "uid-waiting", Component.AGENT, null, true, true));
    pods.add(pod("far", Component.AGENT, "n9"));

    refused(new ReviewedToken(AGENT, null, null, null), "bound to no pod");
    refused(new ReviewedToken(AGENT, "agent-1", "uid-of-before", "n1"), "none of the mesh");
    refused(token(AGENT, "unknown", "n1"), "none of the mesh");
    refused(token(AGENT, "ended", "n1"), "has ended");
    refused(token(AGENT, "forged", "n1"), "neither agent nor scraper");
    refused(token(AGENT, "waiting", null), "is on null");
    refused(token(AGENT, "far", "n9"), "none of the mesh");
    refused(token(AGENT, "agent-1", "n2"), "its token names n2");
    refused(token(AGENT, "agent-1", null), "its token names null");
    refused(token(SCRAPER, "agent-1", "n1"), "neither agent nor scraper");
    refused(token(AGENT, "scraper-1", "n2"), "neither agent nor scraper");
    refused(token("system:serviceaccount:other:m-agent", "agent-1", "n1"), "neither agent");
    refused(token("system:node:n1", "agent-1", "n1"), "neither agent");
    refused(token("m-agent", "agent-1", "n1"), "neither agent");
  }

  private void refused(ReviewedToken token, String why) {
    assertThatThrownBy(() -> issue(token))
        .isInstanceOf(KeyIssuer.RefusedException.class)
        .hasMessageContaining(why);
  }

  private byte[] issue(ReviewedToken token) throws KeyIssuer.RefusedException {
    return KeyIssuer.issue(mesh(), token, NOW);
  }

  private MeshKeyMaterial mesh() {
    return mesh(pods);
  }

  static MeshKeyMaterial mesh(List<PodIdentity> pods) {
    return new MeshKeyMaterial(
        "ns",
        "m",
        "uid",
        "r",
        new KeyRing(
            List.of(
                new KeyRing.Entry(
                    1, base64(master(1)), Instant.EPOCH, NOW.plus(Duration.ofDays(1))),
                new KeyRing.Entry(2, base64(master(2)), NOW.plus(Duration.ofMinutes(10)), null))),
        new TreeMap<>(Map.of("n1", "u1/0", "n2", "u2/0", "n3", "u3/0")),
        node -> Set.of("n1", "n2", "outside"),
        node -> Map.of("n1", List.of("10.0.0.1"), "n2", List.of("10.0.0.2"), "gone", List.of()),
        () -> List.copyOf(pods));
  }

  static PodIdentity pod(String name, Component component, String node) {
    return new PodIdentity(name, "uid-" + name, component, node, true, true);
  }

  static ReviewedToken token(String user, String pod, @Nullable String node) {
    return new ReviewedToken(user, pod, "uid-" + pod, node);
  }

  private static byte[] master(int seed) {
    byte[] master = new byte[KeyDerivation.MASTER_BYTES];
    Arrays.fill(master, (byte) seed);
    return master;
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
