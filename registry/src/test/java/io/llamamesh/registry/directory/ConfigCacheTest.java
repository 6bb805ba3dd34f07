package io.llamamesh.registry.directory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.registry.directory.AddressPolicy.Reach;
import java.net.InetAddress;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Configs that are put together of what was made before, against those that are made anew. */
final class ConfigCacheTest {
  private static final LocalDateTime DATE = LocalDateTime.of(2026, 12, 1, 4, 0, 0);
  private static final String[] PIECES = {
    "a", " ", "\"", "'", ": ", "#", "{", "\\", "ü", "名", "src_name: ", "\n", "- ip", "0x1", "~"
  };

  private final Random random = new Random();
  private long nanos = 1_000_000_000_000L;

  private String text(int pieces) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(1, pieces + 1); i > 0; i--) {
      text.append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  private RegisteredProbe probe(int number) throws RequestRefusedException {
    Map<String, Object> tags = new TreeMap<>();
    for (int i = random.nextInt(12); i > 0; i--) {
      tags.put(text(3) + "k", text(20));
    }
    if (random.nextInt(4) > 0) {
      tags.put("probe_name", text(6));
    }
    if (random.nextBoolean()) {
      tags.put("probe_shortname", text(6));
      tags.put("version", "1");
    }
    Map<String, Object> document =
        Map.of("port", 8100, "group", text(2).replace("\n", ""), "tags", tags);
    byte[] body;
    try {
      body = RegistrationReader.JSON.writeValueAsBytes(document);
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
    return new RegisteredProbe(
        RegistrationReader.read(body, RegistrySettings.DEFAULT),
        InetAddress.ofLiteral("198.51.100." + number),
        Reach.ANYWHERE,
        number,
        "",
        0,
        null);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void whatIsPutTogetherIsWhatTheLibraryWrites(long seed) throws RequestRefusedException {
    random.setSeed(seed);
    for (int round = 0; round < 20; round++) {
      List<RegisteredProbe> targets = new ArrayList<>();
      for (int i = random.nextInt(1, 12); i > 0; i--) {
        targets.add(probe(i));
      }
      RegisteredProbe source =
          random.nextBoolean() ? probe(200) : targets.get(random.nextInt(targets.size()));
      int interval = random.nextInt(1, 3_601);
      String slowly = CollectorDocument.slowly(source, targets, interval);

      // Twice: what a target keeps must not have been changed by the first.
      for (int i = 0; i < 2; i++) {
        assertThat(new String(CollectorDocument.yaml(source, targets, interval), UTF_8))
            .isEqualTo(slowly);
      }
    }
  }

  private Registry registry(RegistrySettings settings) {
    return new Registry(settings, () -> nanos, () -> DATE, RegistryListener.NONE);
  }

  private static ClusterNodes nodes(int count) throws Exception {
    StringBuilder text = new StringBuilder("{\"groups\":{\"a\":[");
    for (int i = 1; i <= count; i++) {
      text.append(i == 1 ? "" : ",")
          .append("{\"name\":\"node-%d\",\"ip\":\"10.1.0.%d\",\"port\":8100}".formatted(i, i));
    }
    return ClusterNodes.parse(text.append("],\"b\":[]}}").toString().getBytes(UTF_8));
  }

  /** An answer, or the words of a refusal. */
  private static String asked(Registry registry, ConfigQuery query) {
    try {
      Registry.Config config = registry.config(query);
      return config.etag() + new String(config.yaml(), UTF_8);
    } catch (RequestRefusedException e) {
      return e.status() + e.text();
    }
  }

  private static @Nullable String tag(Registry registry, ConfigQuery query) {
    try {
      return registry.configTag(query);
    } catch (RequestRefusedException e) {
      return null;
    }
  }

  /**
   * Probes come, go, move, change their names and tags, and nodes too; what is kept from one
   * request to the next never shows: a registry that begins with the same entries answers the same.
   */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void whateverChangesConfigsAndTagsAreThoseOfARegistryThatKeptNothing(long seed) throws Exception {
    random.setSeed(seed);
    RegistrySettings settings =
        new RegistrySettings(
            "a", 300, 10, 2_000, 200, 256, random.nextInt(3, 9), AddressPolicy.DEFAULT);
    Registry registry = registry(settings);
    ClusterNodes nodes = nodes(1);
    registry.setClusterNodes(nodes);
    int unmade = 0;
    for (int step = 0; step < 120; step++) {
      switch (random.nextInt(12)) {
        case 0 -> {
          nanos += random.nextLong(200_000_000_000L);
          var _ = registry.removeExpired();
        }
        case 1 -> {
          nodes = nodes(random.nextInt(1, 6));
          registry.setClusterNodes(nodes);
        }
        default -> register(registry);
      }
      Registry fresh = registry(settings);
      fresh.setClusterNodes(nodes);
      assertThat(fresh.restore(registry.save())).isZero();
      for (int host = 1; host <= 10; host++) {
        for (String group : List.of("a", "b")) {
          ConfigQuery query =
              new ConfigQuery(
                  group, null, null, host % 2 == 0 ? null : "instance-" + host, seen(host));
          String known = tag(registry, query);
          String answer = asked(registry, query);
          assertThat(answer).isEqualTo(asked(fresh, query));
          if (known != null) {
            unmade++;
            assertThat(answer).startsWith(known);
          }
          if (answer.startsWith("\"")) {
            assertThat(answer).startsWith(String.valueOf(tag(registry, query)));
          }
        }
      }
    }
    assertThat(unmade).isPositive();
  }

  private static InetAddress seen(int host) {
    return InetAddress.ofLiteral("198.51.100." + host);
  }

  private void register(Registry registry) {
    int host = random.nextInt(1, 11);
    String name = random.nextInt(6) == 0 ? "shared" : "p" + host;
    String body =
        """
        {"port":%d,"keepalive":%d,"group":"%s",%s%s"tags":{"probe_name":"%s","x":"%d"}}\
        """
            .formatted(
                random.nextInt(8) == 0 ? 8200 : 8100,
                random.nextInt(8) == 0 ? 30 : 300,
                random.nextInt(4) == 0 ? "b" : "a",
                host % 2 == 0 ? "" : "\"instance\":\"instance-" + host + "\",",
                random.nextInt(3) == 0 ? "\"ip\":\"10.9.0." + host % 3 + "\"," : "",
                name,
                random.nextInt(5) == 0 ? random.nextInt(3) : 0);
    try {
      var _ =
          registry.register(
              RegistrationReader.read(body.strip().getBytes(UTF_8), registry.settings()),
              seen(host));
    } catch (RequestRefusedException e) {
      assertThat(e.status()).isGreaterThanOrEqualTo(400);
    }
  }

  @Test
  void aRenewalKeepsTagsAndAChangeOfAnyOtherTakesThem() throws Exception {
    Probes probes = new Probes();
    probes.agent("198.51.100.1", "a", "instance-1");
    probes.agent("198.51.100.2", "b", "instance-2");
    ConfigQuery query = Probes.query("198.51.100.1", 8100, "instance-1");
    assertThat(probes.registry().configTag(query)).isNull();
    String etag = probes.registry().config(query).etag();
    for (int i = 0; i < 3; i++) {
      probes.agent("198.51.100.1", "a", "instance-1");
      probes.agent("198.51.100.2", "b", "instance-2");
      assertThat(probes.registry().configTag(query)).isEqualTo(etag);
    }
    // From elsewhere others may be shown.
    assertThat(probes.registry().configTag(Probes.query("198.51.100.9", 8100, "instance-1")))
        .isNull();
    probes.agent("198.51.100.3", "c", "instance-3");
    assertThat(probes.registry().configTag(query)).isNull();
    assertThat(probes.registry().config(query).etag()).isNotEqualTo(etag);
  }
}
