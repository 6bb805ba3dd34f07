package io.llamamesh.registry.directory;

import static io.llamamesh.registry.directory.Probes.address;
import static io.llamamesh.registry.directory.Probes.query;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.llamamesh.config.CollectorConfig;
import io.llamamesh.config.CollectorConfigYaml;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RegistryTest {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String P1 = "198.51.100.1";
  private static final String P2 = "198.51.100.2";
  private static final String P3 = "198.51.100.3";
  private static final String NAT = "203.0.113.7";

  private static List<CollectorConfig.Target> targets(String yaml) throws Exception {
    return CollectorConfigYaml.read(yaml, 8100).config().targets().get("default");
  }

  private static List<String> names(String yaml) throws Exception {
    return targets(yaml).stream().map(t -> t.tags().get("dst_name")).toList();
  }

  private static JsonNode list(Probes probes) throws Exception {
    return JSON.readTree(probes.registry().list());
  }

  @Test
  void aRegistrationIsListedAsLlamaSdListsIt() {
    Probes probes = new Probes();
    probes.register(
        "127.0.0.1",
        """
        {"port":19211,"keepalive":300,"ip":"127.0.0.3","group":"wan","tags":{"version":"1.1.0",\
        "probe_shortname":"b","probe_name":"host-b","location":"Las Vegas"}}\
        """);
    assertThat(new String(probes.registry().list(), UTF_8))
        .isEqualTo(
            """
            {"wan":{"127.0.0.3:19211":{"create_date":"2026-11-29T05:40:50.045404","group":"wan",\
            "id":"127.0.0.3:19211","ip":"127.0.0.3","keepalive":300,"port":19211,\
            "tags":{"location":"Las Vegas","probe_name":"host-b",\
            "probe_shortname":"b","version":"1.1.0"}}}}
            """);
  }

  @Test
  void anEmptyDirectoryIsAnEmptyObject() {
    assertThat(new String(new Probes().registry().list(), UTF_8)).isEqualTo("{}\n");
  }

  @Test
  void aConfigHasEveryProbeOfTheGroupAndTheAskerAtItsOwnHost() throws Exception {
    Probes probes = new Probes();
    probes.probe(P1, "a", 8100);
    probes.probe(P2, "b", 8200);
    probes.register(P3, "{\"port\":8100,\"group\":\"lan\"}");
    CollectorConfig config = CollectorConfigYaml.read(probes.config(P1, 8100), 0).config();
    assertThat(config.summarization().intervalSeconds()).isEqualTo(10);
    assertThat(config.portGroups().get("default").getFirst().count()).isEqualTo(4);
    assertThat(config.rateLimits().get("default").cps()).isEqualTo(2);
    List<CollectorConfig.Target> targets = config.targets().get("default");
    assertThat(targets).hasSize(2);
    assertThat(targets.get(0).ip()).isEqualTo("127.0.0.1");
    assertThat(targets.get(0).port()).isEqualTo(8100);
    assertThat(targets.get(1).ip()).isEqualTo(P2);
    assertThat(targets.get(1).port()).isEqualTo(8200);
    assertThat(targets.get(1).tags())
        .containsEntry("version", "1.1.0")
        .containsEntry("probe_name", "host-b")
        .containsEntry("probe_shortname", "b")
        .containsEntry("dst_name", "host-b")
        .containsEntry("dst_shortname", "b")
        .containsEntry("src_name", "host-a")
        .containsEntry("src_shortname", "a")
        .containsEntry("group", "wan");
  }

  @Test
  void aConfigIsTheSameBytesAsLongAsTheMembersAre() {
    Probes probes = new Probes();
    probes.probe(P1, "a", 8100);
    probes.probe(P2, "b", 8100);
    probes.probe(P3, "c", 8100);
    String before = probes.config(P1, 8100);
    for (int i = 0; i < 5; i++) {
      probes.pass(30);
      probes.probe(P3, "c", 8100);
      probes.probe(P1, "a", 8100);
      probes.probe(P2, "b", 8100);
      probes.registry().removeExpired();
      assertThat(probes.config(P1, 8100)).isEqualTo(before);
    }
    assertThat(probes.config(P2, 8100)).isNotEqualTo(before);
  }

  @Test
  void whoLeavesAndReturnsLeavesTheBytesAsTheyWere() {
    Probes probes = new Probes();
    probes.probe(P1, "a", 8100);
    probes.probe(P2, "b", 8100);
    probes.probe(P3, "c", 8100);
    String before = probes.config(P1, 8100);
    probes.pass(200);
    probes.probe(P1, "a", 8100);
    probes.probe(P3, "c", 8100);
    probes.pass(101);
    probes.registry().removeExpired();
    assertThat(probes.config(P1, 8100)).isNotEqualTo(before);
    probes.probe(P2, "b", 8100);
    assertThat(probes.config(P1, 8100)).isEqualTo(before);
  }

  @Test
  void probesOfTheFirstRevisionNeedNotSayTheirPort() throws Exception {
    Probes probes = new Probes();
    probes.register(
        P1,
        "{\"port\":8100,\"group\":\"wan\",\"tags\":{\"version\":\"0.0.1\",\"src_name\":\"las2\"}}");
    assertThat(targets(probes.config(P1, null)).getFirst().tags())
        .containsEntry("src_name", "las2")
        .containsEntry("dst_name", "las2");
    probes.register(P1, "{\"port\":8200,\"group\":\"wan\"}");
    RequestRefusedException two = probes.noConfig(query(P1, null, null));
    assertThat(two.status()).isEqualTo(404);
    assertThat(two.text())
        .startsWith("unknown probe '198.51.100.1:null', please register")
        .contains("add ?llamaport=");
  }

  @Test
  void anEntryWithoutTagsIsAProbeLikeOthers() throws Exception {
    Probes probes = new Probes();
    probes.register(P1, "{\"port\":8100,\"group\":\"wan\"}");
    probes.probe(P2, "b", 8100);
    assertThat(names(probes.config(P2, 8100))).containsExactly("198.51.100.1:8100", "host-b");
    assertThat(names(probes.config(P1, 8100))).hasSize(2);
  }

  @Test
  void whoIsUnknownIsToldInLlamaSdsWords() {
    Probes probes = new Probes();
    RequestRefusedException group = probes.noConfig(query(P1, 8100, null));
    assertThat(group.status()).isEqualTo(404);
    assertThat(group.text()).isEqualTo("unknown group 'wan'");
    probes.probe(P2, "b", 8100);
    RequestRefusedException probe = probes.noConfig(query(P1, null, null));
    assertThat(probe.status()).isEqualTo(404);
    assertThat(probe.text()).isEqualTo("unknown probe '198.51.100.1:null', please register");
    RequestRefusedException noAddress =
        probes.noConfig(new ConfigQuery("wan", "8100", "no address", null, address(P2)));
    assertThat(noAddress.text()).startsWith("unknown probe 'no address:8100'");
  }

  @Test
  void theDefaultGroupHasTheNamesThatAllRevisionsGiveIt() throws Exception {
    Probes probes = new Probes();
    probes.register(P1, "{\"port\":8100}");
    for (String name : List.of("none", "default")) {
      ConfigQuery query = new ConfigQuery(name, "8100", null, null, address(P1));
      assertThat(new String(probes.registry().config(query).yaml(), UTF_8))
          .contains("group: \"default\"");
      assertThat(probes.registry().list(name)).isNotEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "01",
        "1e3",
        "yes",
        "null",
        "~",
        "a: b",
        "#x",
        "{",
        "[",
        "- a",
        "&a",
        "*a",
        "!!int 1",
        "%",
        "@",
        "`",
        "'",
        "\\\"",
        "a #b",
        "key: [\\nports:\\n  x: 1",
        "\\u0085",
        "\\u2028",
        "€ 😀",
        "=",
        "2026-11-29",
        "0x1f",
        "1_000",
        ".inf",
        "\\\\",
        "a\\tb",
        " lead"
      })
  void noTagIsTakenForYaml(String posted) throws Exception {
    Probes probes = new Probes();
    probes.register(
        P1,
        """
        {"port":8100,"group":"wan","tags":{"version":"1","k%s":"v","t":"%s"}}\
        """
            .formatted(posted, posted));
    String text = JSON.readTree("\"" + posted + "\"").asText();
    String clean = RegistrationReader.clean(text).strip();
    CollectorConfigYaml.Document document = CollectorConfigYaml.read(probes.config(P1, 8100), 8100);
    CollectorConfig.Target target = document.config().targets().get("default").getFirst();
    assertThat(document.config().ports()).containsOnlyKeys("default");
    assertThat(document.config().targets()).containsOnlyKeys("default");
    assertThat(target.tags())
        .containsEntry(RegistrationReader.clean("k" + text).strip(), "v")
        .satisfies(tags -> assertThat(tags.getOrDefault("t", "")).isEqualTo(clean));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "time",
        "_field",
        "_measurement",
        "src_ip",
        "dst_ip",
        "port",
        "dscp",
        "src_port",
        "<<"
      })
  void aTagThatCollectorsRefuseStopsNobody(String name) throws Exception {
    Probes probes = new Probes();
    probes.register(
        P1,
        """
        {"port":8100,"group":"wan","tags":{"version":"1","%s":"x"}}\
        """
            .formatted(name));

    assertThat(targets(probes.config(P1, 8100)).getFirst().tags())
        .containsEntry("version", "1")
        .doesNotContainKey(name);
  }

  @Test
  void whatIsNotRenewedLeavesAfterItsKeepaliveAndItsGroupWithIt() throws Exception {
    Probes probes = new Probes();
    probes.register(P1, "{\"port\":8100,\"group\":\"wan\",\"keepalive\":70}");
    probes.pass(70);
    assertThat(probes.registry().removeExpired()).isEqualTo(new ExpiryResult(0, 0));
    assertThat(list(probes)).hasSize(1);
    probes.pass(1);
    assertThat(probes.registry().removeExpired()).isEqualTo(new ExpiryResult(1, 1));
    assertThat(list(probes)).isEmpty();
    assertThat(probes.registry().counts().bytes()).isZero();
  }

  @Test
  void twoEntriesWithoutTagsDoNotStopAgeing() {
    Probes probes = new Probes();
    probes.register(P1, "{\"port\":8100,\"group\":\"wan\",\"keepalive\":10}");
    probes.register(P2, "{\"port\":8100,\"group\":\"wan\",\"keepalive\":10}");
    probes.register(P3, Probes.old("c", 8100));
    probes.pass(11);
    assertThat(probes.registry().removeExpired().probes()).isEqualTo(2);
  }

  @Test
  void twoProbesBehindOneAddressEachHaveAConfigAndOneIsATarget() throws Exception {
    Probes probes = new Probes();
    probes.agent(NAT, "p1", "11111111-aaaa");
    Conflict second = probes.agent(NAT, "p2", "22222222-bbbb");
    assertThat(second).isNull();
    probes.agent(P3, "p3", "33333333-cccc");
    Conflict first = probes.agent(NAT, "p1", "11111111-aaaa");
    assertThat(first).isNotNull();
    assertThat(first.state()).isEqualTo("source");
    assertThat(first.remedy()).contains("another port");
    for (int i = 0; i < 20; i++) {
      probes.pass(30);
      probes.agent(NAT, "p1", "11111111-aaaa");
      probes.agent(NAT, "p2", "22222222-bbbb");
      probes.agent(P3, "p3", "33333333-cccc");
    }
    assertThat(names(probes.agentConfig(P3, "33333333-cccc"))).containsExactly("p3", "p2");
    assertThat(targets(probes.agentConfig(NAT, "11111111-aaaa")))
        .allSatisfy(t -> assertThat(t.tags()).containsEntry("src_name", "p1"));
    assertThat(targets(probes.agentConfig(NAT, "22222222-bbbb")))
        .allSatisfy(t -> assertThat(t.tags()).containsEntry("src_name", "p2"));
    assertThat(probes.events()).containsExactly("displaced p1 at 203.0.113.7:8100");
    assertThat(list(probes).get("wan")).hasSize(3);
  }

  @Test
  void oldClientsBehindOneAddressDoNotTakeTurns() {
    Probes probes = new Probes();
    probes.probe(P3, "c", 8100);
    probes.probe(NAT, "a", 8100);
    probes.probe(NAT, "b", 8100);
    String before = probes.config(P3, 8100);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 20; i++) {
      probes.pass(30);
      probes.probe(NAT, "a", 8100);
      seen.add(probes.config(P3, 8100));
      probes.probe(NAT, "b", 8100);
      probes.probe(P3, "c", 8100);
      probes.registry().removeExpired();
      seen.add(probes.config(P3, 8100));
    }
    assertThat(seen).containsExactly(before);
    assertThat(before).contains("host-b").doesNotContain("host-a");
    assertThat(probes.events()).containsExactly("displaced host-a at 203.0.113.7:8100");
  }

  @Test
  void nobodyElseIsToldOfAnAddressThatMeansSomethingAtItsSiteOnly() throws Exception {
    Probes probes = new Probes();
    String own = "\"ip\":\"192.0.2.15\",";
    probes.register(P1, Probes.old("a", 8100).replace("\"keepalive\"", own + "\"keepalive\""));
    probes.register(P2, Probes.old("b", 8100).replace("\"keepalive\"", own + "\"keepalive\""));
    probes.probe(P1, "c", 8200);
    probes.probe(P3, "d", 8100);
    assertThat(probes.events())
        .containsExactly(
            "site only host-a at 192.0.2.15:8100", "site only host-b at 192.0.2.15:8100");
    assertThat(list(probes).get("wan").fieldNames())
        .toIterable()
        .containsExactly(
            "192.0.2.15:8100",
            "192.0.2.15:8100@198.51.100.2",
            "198.51.100.1:8200",
            "198.51.100.3:8100");
    assertThat(names(probes.config(P3, 8100))).containsExactly("host-c", "host-d");
    assertThat(targets(probes.config(P1, 8200)).stream().map(CollectorConfig.Target::ip))
        .containsExactly("192.0.2.15", "127.0.0.1", P3);
    assertThat(names(probes.config(P1, 8200))).doesNotContain("host-b");
    assertThat(probes.registry().scraper(address(P3))).isEqualTo("\n198.51.100.1,198.51.100.3");
  }

  @Test
  void whatIsAllowedExplicitlyIsToldToAll() throws Exception {
    AddressPolicy policy = AddressPolicy.parse(List.of("self", "192.0.2.0/24"));
    Probes probes = new Probes(settings(64, policy));
    probes.register(
        P1, Probes.old("a", 8100).replace("\"keepalive\"", "\"ip\":\"192.0.2.15\",\"keepalive\""));
    probes.probe(P3, "d", 8100);
    assertThat(names(probes.config(P3, 8100))).containsExactly("host-a", "host-d");
    assertThat(probes.events()).isEmpty();
  }

  private static RegistrySettings settings(int maxTargets, AddressPolicy policy) {
    return new RegistrySettings("default", 86_400, 10, 5_000, 5_000, 256, maxTargets, policy);
  }

  @ParameterizedTest
  @ValueSource(strings = {"8.8.8.8", "2606:4700::1111", "93.184.216.34"})
  void nobodyAimsTheMeshAtAStranger(String stranger) {
    Probes probes = new Probes();
    RequestRefusedException refusal =
        probes.refusal(P1, "{\"port\":53,\"ip\":\"%s\"}".formatted(stranger));
    assertThat(refusal.status()).isEqualTo(403);
    assertThat(refusal.text()).contains("not where this registration comes from", "--allowed");
    assertThat(probes.registry().counts().probes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "ff02::1",
        "169.254.169.254",
        "fe80::1",
        "::",
        "240.0.0.1"
      })
  void anAddressThatIsNoHostsIsRefusedEvenWhereAllIsAllowed(String address) {
    Probes probes =
        new Probes(settings(64, AddressPolicy.parse(List.of("self", "0.0.0.0/0", "::/0"))));
    assertThat(probes.refusal(P1, "{\"port\":53,\"ip\":\"%s\"}".formatted(address)).status())
        .isEqualTo(400);
  }

  @Test
  void nobodyElsesLoopbackIsATarget() {
    Probes probes = new Probes();
    assertThat(probes.refusal(P1, "{\"port\":8100,\"ip\":\"127.0.0.1\"}").status()).isEqualTo(403);
  }

  @Test
  void outsideTheAllowedNetworksNotEvenTheOwnAddressIsTaken() {
    Probes probes = new Probes(settings(64, AddressPolicy.parse(List.of("203.0.113.0/24"))));
    assertThat(probes.refusal(P1, "{\"port\":8100}").status()).isEqualTo(403);
    assertThat(probes.register(NAT, "{\"port\":8100}")).isNull();
  }

  @Test
  void ofTwoThatLiveUnderOneNameTheNewestIsServedAndTheOtherToldWhy() {
    Probes probes = new Probes();
    String x = "192.0.2.21";
    String y = "198.51.100.21";
    probes.probe(P3, "c", 8100);
    Set<String> documents = new HashSet<>();
    probes.probe(x, "b", 8100);
    documents.add(probes.config(P3, 8100));
    for (int i = 0; i < 20; i++) {
      probes.pass(15);
      probes.probe(y, "b", 8100);
      documents.add(probes.config(P3, 8100));
      probes.pass(15);
      Conflict loser = probes.probe(x, "b", 8100);
      assertThat(loser).isNotNull();
      assertThat(loser.state()).isEqualTo("shadowed");
      probes.probe(P3, "c", 8100);
      probes.registry().removeExpired();
      documents.add(probes.config(P3, 8100));
    }
    assertThat(documents).hasSize(2);
    assertThat(probes.events()).containsExactly("displaced host-b at 192.0.2.21:8100");
    RequestRefusedException refusal = probes.noConfig(query(x, 8100, null));
    assertThat(refusal.status()).isEqualTo(409);
    assertThat(refusal.text())
        .contains("host-b at 198.51.100.21:8100 has the name 'b'", "another name");
    assertThat(probes.registry().conflicts()).hasSize(1);

    for (int i = 0; i < 11; i++) {
      probes.pass(30);
      probes.probe(x, "b", 8100);
      probes.probe(P3, "c", 8100);
    }
    probes.registry().removeExpired();
    assertThat(probes.probe(x, "b", 8100)).isNull();
    assertThat(probes.config(P3, 8100)).contains(x).doesNotContain(y);
    assertThat(probes.registry().conflicts()).isEmpty();
  }

  @Test
  void twoMachinesOfOneImageDoNotTakeTurnsAndAreToldOnce() {
    Probes probes = new Probes();
    probes.agent(P3, "p3", "33333333-cccc");
    probes.agent(P1, "b", "an-instance-copied");
    Set<String> documents = new HashSet<>();
    Conflict loser = null;
    for (int i = 0; i < 20; i++) {
      probes.pass(15);
      probes.agent(P2, "b", "an-instance-copied");
      documents.add(probes.agentConfig(P3, "33333333-cccc"));
      probes.pass(15);
      loser = probes.agent(P1, "b", "an-instance-copied");
      probes.agent(P3, "p3", "33333333-cccc");
      probes.registry().removeExpired();
      documents.add(probes.agentConfig(P3, "33333333-cccc"));
    }
    assertThat(documents).hasSize(1);
    assertThat(documents.iterator().next()).contains(P2).doesNotContain(P1);
    assertThat(probes.events()).containsExactly("elsewhere b at 198.51.100.2:8100");
    assertThat(loser).isNotNull();
    assertThat(loser.state()).isEqualTo("elsewhere");
    assertThat(loser.remedy()).contains("'instance'");

    // The one that is served goes: the other is, within two of its registrations.
    for (int i = 0; i < 4; i++) {
      probes.pass(30);
      loser = probes.agent(P1, "b", "an-instance-copied");
    }
    assertThat(loser).isNull();
    probes.agent(P3, "p3", "33333333-cccc");
    assertThat(probes.agentConfig(P3, "33333333-cccc")).contains(P1).doesNotContain(P2);
  }

  @Test
  void aProbeThatMovesBackAfterAWhileIsThere() throws Exception {
    Probes probes = new Probes();
    probes.agent(P1, "p", "an-instance-1");
    probes.pass(30);
    probes.agent(P2, "p", "an-instance-1");
    probes.pass(100);
    probes.agent(P1, "p", "an-instance-1");
    assertThat(list(probes).get("wan").fieldNames())
        .toIterable()
        .containsExactly("198.51.100.1:8100");
    assertThat(probes.events()).isEmpty();
  }

  @Test
  void aProbeThatMovesIsAtItsNewAddressOnly() throws Exception {
    Probes probes = new Probes();
    probes.agent(NAT, "p3", "33333333-cccc");
    probes.probe(P1, "a", 8100);
    probes.agent("203.0.113.8", "p3", "33333333-cccc");
    assertThat(list(probes).get("wan").fieldNames())
        .toIterable()
        .containsExactly("198.51.100.1:8100", "203.0.113.8:8100");
    assertThat(names(probes.config(P1, 8100))).containsExactly("host-a", "p3");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, -1})
  void theRegistrysOwnAbsenceAndAStepOfItsClockAreNotTheirs(long hours) throws Exception {
    Probes probes = new Probes();
    for (int i = 1; i <= 30; i++) {
      probes.probe("198.51.100." + i, "p" + i, 8100);
    }
    byte[] listed = probes.registry().list();
    String config = probes.config(P1, 8100);
    String scraped = probes.registry().scraper(address(P1));
    probes.setClock(hours);
    assertThat(probes.restart(600)).isZero();
    probes.registry().removeExpired();
    assertThat(probes.registry().list()).isEqualTo(listed);
    assertThat(probes.registry().scraper(address(P1))).isEqualTo(scraped);
    assertThat(probes.config(P1, 8100)).isEqualTo(config);
    probes.pass(290);
    for (int i = 1; i <= 28; i++) {
      probes.probe("198.51.100." + i, "p" + i, 8100);
    }
    assertThat(probes.registry().removeExpired().probes()).isZero();
    probes.pass(11);
    assertThat(probes.registry().removeExpired().probes()).isEqualTo(2);
    assertThat(list(probes).get("wan")).hasSize(28);
  }

  @Test
  void whoWonStaysTheWinnerOverARestart() {
    Probes probes = new Probes();
    probes.probe(P1, "b", 8100);
    probes.probe(P2, "b", 8100);
    probes.agent(P3, "p3", "33333333-cccc");
    probes.restart(60);
    assertThat(probes.probe(P1, "b", 8100)).isNotNull();
    assertThat(probes.probe(P2, "b", 8100)).isNull();
    assertThat(probes.agentConfig(P3, "33333333-cccc")).contains(P2).doesNotContain(P1);
  }

  @Test
  void aHundredThousandNamesAreRefusedAtTheBoundAndOthersStillComeIn() {
    Probes probes = new Probes();
    int refused = 0;
    for (int i = 0; i < 100_000; i++) {
      String json =
          "{\"port\":%d,\"group\":\"wan\",\"tags\":{\"probe_shortname\":\"n%d\"}}"
              .formatted(1 + i % 65_535, i);
      try {
        probes
            .registry()
            .register(
                RegistrationReader.read(json.getBytes(UTF_8), RegistrySettings.DEFAULT),
                address(P1));
      } catch (RequestRefusedException e) {
        assertThat(e.status()).isEqualTo(503);
        refused++;
      }
    }
    assertThat(refused).isEqualTo(100_000 - 200);
    assertThat(probes.registry().counts().probes()).isEqualTo(200);
    assertThat(probes.probe(P2, "b", 8100)).isNull();
  }

  @Test
  void anIpv6SubscribersManyAddressesAreBoundedAsOne() {
    Probes probes = new Probes();
    for (int i = 0; i < 200; i++) {
      probes.register("2001:db8:1:2::" + (i + 1), "{\"port\":8100,\"group\":\"wan\"}");
    }
    RequestRefusedException refusal = probes.refusal("2001:db8:1:2:ffff::1", "{\"port\":8100}");
    assertThat(refusal.status()).isEqualTo(503);
    assertThat(refusal.text()).contains("--max-probes-per-address");
    assertThat(probes.register("2001:db8:1:3::1", "{\"port\":8100}")).isNull();
  }

  @Test
  void anInstanceThatIsUnknownIsNotGivenTheConfigOfAnotherAtItsAddress() {
    Probes probes = new Probes();
    probes.probe(NAT, "a", 8100);
    RequestRefusedException refusal = probes.noConfig(query(NAT, 8100, "an-instance-unknown"));
    assertThat(refusal.status()).isEqualTo(404);
    assertThat(refusal.text()).contains("please register");
  }

  @Test
  void groupsAreBounded() {
    Probes probes = new Probes();
    for (int i = 0; i < 256; i++) {
      probes.register("198.51.100." + i % 250, "{\"port\":8100,\"group\":\"g%d\"}".formatted(i));
    }
    RequestRefusedException refusal = probes.refusal(P1, "{\"port\":8100,\"group\":\"more\"}");
    assertThat(refusal.status()).isEqualTo(503);
    assertThat(refusal.text()).contains("256 groups (--max-groups)");
  }

  @Test
  void documentsAreBoundedInAll() {
    Probes probes = new Probes(settings(64, AddressPolicy.DEFAULT));
    String filler = "\"x\":\"" + "y".repeat(16_000) + "\"";
    RequestRefusedException refusal = null;
    for (int i = 0; i < 3_000 && refusal == null; i++) {
      try {
        probes
            .registry()
            .register(
                RegistrationReader.read(
                    "{\"port\":%d,%s}".formatted(i + 1, filler).getBytes(UTF_8),
                    RegistrySettings.DEFAULT),
                address(P1));
      } catch (RequestRefusedException e) {
        refusal = e;
      }
    }
    assertThat(refusal).isNotNull();
    assertThat(refusal.text()).contains("bytes in all");
    assertThat(probes.registry().counts().bytes()).isLessThanOrEqualTo(32L << 20);
  }

  @Test
  void scrapersOfTheOldKindAreToldDottedQuadsEachOnce() {
    Probes probes = new Probes();
    assertThat(probes.registry().scraper(address(P1))).isEqualTo("\n127.0.0.1");
    probes.probe(P2, "b", 8100);
    probes.probe(P1, "a", 8100);
    probes.probe(P1, "a2", 8200);
    probes.probe("2001:db8::7", "v6", 8100);
    assertThat(probes.registry().scraper(address(P3))).isEqualTo("\n198.51.100.2,198.51.100.1");
  }

  @Test
  void ipv6ProbesAreTargetsAndListed() throws Exception {
    Probes probes = new Probes();
    probes.probe("2001:db8::7", "v6", 8100);
    probes.probe(P1, "a", 8100);
    assertThat(targets(probes.config(P1, 8100)).stream().map(CollectorConfig.Target::ip))
        .contains("2001:db8:0:0:0:0:0:7");
    assertThat(list(probes).get("wan").has("[2001:db8:0:0:0:0:0:7]:8100")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {17, 100, 1_000})
  void inALargeGroupEachProbesAFewAndAllAreProbed(int size) throws Exception {
    int most = 16;
    Probes probes = new Probes(settings(most, AddressPolicy.DEFAULT));
    Random random = new Random(size);
    List<String> hosts = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      hosts.add("20.%d.%d.%d".formatted(i / 250, i % 250, 1 + random.nextInt(250)));
      probes.probe(hosts.get(i), "p" + i, 8100);
    }
    int[] probed = new int[size];
    List<Set<String>> edges = new ArrayList<>();
    for (String host : hosts) {
      List<CollectorConfig.Target> targets = targets(probes.config(host, 8100));
      assertThat(targets.size()).isLessThanOrEqualTo(most);
      Set<String> others = new HashSet<>();
      targets.forEach(t -> others.add(t.ip()));
      assertThat(others).contains("127.0.0.1").doesNotContain(host);
      others.remove("127.0.0.1");
      others.forEach(ip -> probed[hosts.indexOf(ip)]++);
      edges.add(others);
    }
    assertThat(Arrays.stream(probed).boxed().toList())
        .allSatisfy(count -> assertThat(count).isBetween(1, most - 1));
    Set<String> reached = new HashSet<>(Set.of(hosts.getFirst()));
    List<String> next = new ArrayList<>(reached);
    while (!next.isEmpty()) {
      for (String ip : edges.get(hosts.indexOf(next.removeLast()))) {
        if (reached.add(ip)) {
          next.add(ip);
        }
      }
    }
    assertThat(reached).hasSize(size);
  }

  @Test
  void inALargeGroupOneThatJoinsChangesAFewConfigs() {
    int most = 16;
    Probes probes = new Probes(settings(most, AddressPolicy.DEFAULT));
    for (int i = 0; i < 400; i++) {
      probes.probe("20.0.%d.%d".formatted(i / 250, i % 250), "p" + i, 8100);
    }
    List<String> before = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      before.add(probes.config("20.0.%d.%d".formatted(i / 250, i % 250), 8100));
    }
    probes.probe("20.9.9.9", "joins", 8100);
    int changed = 0;
    for (int i = 0; i < 400; i++) {
      String now = probes.config("20.0.%d.%d".formatted(i / 250, i % 250), 8100);
      changed += now.equals(before.get(i)) ? 0 : 1;
    }
    assertThat(changed).isBetween(1, most);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void whateverComesAndGoesNoNameAndNoPlaceIsServedTwice(long seed) throws Exception {
    Random random = new Random(seed);
    Probes probes = new Probes();
    for (int step = 0; step < 400; step++) {
      String host = "198.51.100." + (1 + random.nextInt(6));
      String name = "n" + random.nextInt(5);
      if (random.nextBoolean()) {
        probes.probe(host, name, 8100 + random.nextInt(2));
      } else {
        probes.agent(host, name, "instance-" + random.nextInt(5));
      }
      if (random.nextInt(4) == 0) {
        probes.pass(random.nextInt(200));
        probes.registry().removeExpired();
      }
      if (random.nextInt(50) == 0) {
        probes.restart(random.nextInt(500));
      }
      Set<String> names = new HashSet<>();
      Set<String> places = new HashSet<>();
      JsonNode group = list(probes).path("wan");
      String asker = "203.0.113.99";
      probes.agent(asker, "asker", "the-asker-itself");
      for (CollectorConfig.Target target : targets(probes.agentConfig(asker, "the-asker-itself"))) {
        assertThat(names.add(target.tags().get("dst_shortname"))).isTrue();
        assertThat(places.add(target.ip() + ":" + target.port())).isTrue();
      }
      Set<String> listedNames = new HashSet<>();
      group.forEach(entry ->
          assertThat(listedNames.add(entry.path("tags").path("probe_shortname").asText()))
              .isTrue());
      RegistryCounts counts = probes.registry().counts();
      assertThat(counts.shadowed() + counts.sourcesOnly())
          .isEqualTo(probes.registry().conflicts().size());
    }
  }

  private static ClusterNodes nodes(int count, String group) throws Exception {
    StringBuilder text = new StringBuilder("{\"groups\":{\"" + group + "\":[");
    for (int i = 1; i <= count; i++) {
      text.append(i == 1 ? "" : ",")
          .append(
              "{\"name\":\"node-%d\",\"ip\":\"10.1.%d.%d\",\"port\":8100,\"tags\":{\"dst_zone\":\"z\"}}"
                  .formatted(i, i / 250, i % 250 + 1));
    }
    return ClusterNodes.parse(text.append("]}}").toString().getBytes(UTF_8));
  }

  @Test
  void aProbeGetsTheNodesOfItsGroupWithinTheBoundOfTargets() throws Exception {
    Probes probes = new Probes();
    probes.registry().setClusterNodes(nodes(3, "wan"));
    probes.register(
        "198.51.100.1", "{\"port\":8100,\"group\":\"wan\",\"tags\":{\"probe_name\":\"p\"}}");
    String config = probes.config("198.51.100.1", 8100);
    assertThat(config)
        .contains("dst_name: \"node-1\"", "dst_name: \"node-3\"", "dst_zone: \"z\"")
        .contains("ip: \"10.1.0.2\"", "dst_name: \"p\"");

    probes.registry().setClusterNodes(nodes(1_000, "wan"));
    String many = probes.config("198.51.100.1", 8100);
    assertThat(many.split("dst_name", -1)).hasSizeBetween(50, 64 + 1);
    assertThat(probes.config("198.51.100.1", 8100)).isEqualTo(many);
  }

  @Test
  void nobodyRegistersOutsideTheClustersGroupsOrUnderANodesName() throws Exception {
    Probes probes = new Probes();
    probes.registry().setClusterNodes(nodes(3, "wan"));

    assertThat(probes.refusal("198.51.100.1", "{\"port\":8100,\"group\":\"lan\"}"))
        .returns(403, RequestRefusedException::status)
        .satisfies(e -> assertThat(e.text()).contains("these are: wan"));
    for (String tag : List.of("probe_name", "probe_shortname")) {
      assertThat(
              probes.refusal(
                  "198.51.100.1",
                  "{\"port\":8100,\"group\":\"wan\",\"tags\":{\"%s\":\"node-2\"}}".formatted(tag)))
          .returns(403, RequestRefusedException::status)
          .satisfies(e -> assertThat(e.text()).contains("that of a node of the cluster"));
    }
  }

  @Test
  void noProbeTakesTheNameOfANodeThatIsInNoOpenGroup() throws Exception {
    Probes probes = new Probes();
    probes
        .registry()
        .setClusterNodes(
            ClusterNodes.parse(
                "{\"groups\":{\"wan\":[]},\"names\":[\"node-1\",\"db-7\"]}".getBytes(UTF_8)));

    for (String tag : List.of("probe_name", "probe_shortname")) {
      assertThat(
              probes.refusal(
                  "198.51.100.1",
                  "{\"port\":8100,\"group\":\"wan\",\"tags\":{\"%s\":\"db-7\"}}".formatted(tag)))
          .returns(403, RequestRefusedException::status)
          .satisfies(e -> assertThat(e.text()).contains("that of a node of the cluster"));
    }
    probes.register(
        "198.51.100.1", "{\"port\":8100,\"group\":\"wan\",\"tags\":{\"probe_name\":\"db-8\"}}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"groups\":{},\"names\":{}}",
        "{\"groups\":{},\"names\":\"n\"}",
        "{\"groups\":{},\"names\":[7]}",
        "{\"groups\":{},\"names\":[\"\"]}",
        "",
        "[]",
        "{}",
        "{\"groups\":[]}",
        "{\"groups\":{\"a\":[{}]}}",
        "{\"groups\":{\"a\":[{\"name\":\"n\",\"ip\":\"node.example\",\"port\":1}]}}",
        "{\"groups\":{\"a\":[{\"name\":\"n\",\"ip\":\"10.0.0.1\",\"port\":70000}]}}"
      })
  void whatIsNoListOfNodesIsRefused(String document) {
    assertThatThrownBy(() -> ClusterNodes.parse(document.getBytes(UTF_8)))
        .isInstanceOf(IOException.class);
  }
}
