package io.llamamesh.e2e.row;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.llamamesh.e2e.cluster.Failure;
import io.llamamesh.e2e.cluster.Mesh;
import io.llamamesh.e2e.cluster.OutsideProbe;
import io.llamamesh.e2e.cluster.Release;
import io.llamamesh.e2e.cluster.Wait;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Probes outside the cluster that register themselves, and the end of them. */
final class OutsideRows {
  private static final int PROBES = 2;

  /** Entry of a node's ConfigMap; the spec, which names these networks too, is in another. */
  private static final String NODES_CONFIG = "collector.yaml";

  private static final String TOKEN_SECRET = "outside-token";

  /** Above the half minute in which agents register, and short enough to wait for its end. */
  private static final int KEEPALIVE_SECONDS = 60;

  private static final Duration REGISTRY_WITHIN = Duration.ofMinutes(2);

  /** A registry that begins empty settles for 75 s; then come config, windows and status. */
  private static final Duration MATRIX_WITHIN = Duration.ofMinutes(5);

  /** Keepalive, and the registry's, operator's and agents' rounds. */
  private static final Duration LEFT_WITHIN = Duration.ofMinutes(3);

  private static final Duration GONE_WITHIN = Duration.ofMinutes(2);
  private static final Duration WELL_WITHIN = Duration.ofMinutes(4);

  private OutsideRows() {}

  static Row outside() {
    return Row.of(
        "outside",
        "two agents outside the cluster register with the mesh's registry: full matrix with them, status.outside 2,"
            + " Healthy; one that is killed leaves by its keepalive; without spec.registration all of it goes",
        OutsideRows::outside);
  }

  private static void outside(Stage stage, Figures figures) throws Exception {
    stage.install();
    String token = token();
    Resource<Secret> secret = stage.client().resource(secret(token));
    List<OutsideProbe> probes = new ArrayList<>();
    try {
      secret.serverSideApply();
      Instant applied = Instant.now();
      stage.mesh().apply(spec(stage));
      String url = registryUrl(stage);
      figures.note("registry after", Duration.between(applied, Instant.now()));
      Path tokenFile = Files.createTempFile("e2e", ".token");
      try {
        Files.writeString(tokenFile, token);
        for (int host = 1; host <= PROBES; host++) {
          probes.add(
              stage
                  .cluster()
                  .outsideProbe(
                      stage.agentProgram(),
                      host,
                      Map.of("LLAMA_KEEPALIVE", String.valueOf(KEEPALIVE_SECONDS)),
                      List.of("--register=" + url, "--token-file=" + tokenFile, "--group=wan")));
        }
        run(stage, figures, probes, applied);
      } finally {
        Files.delete(tokenFile);
      }
    } finally {
      for (OutsideProbe probe : probes) {
        probe.close();
      }
      stage.mesh().apply("{}");
      secret.delete();
    }
    stage.awaitHealthy(WELL_WITHIN);
  }

  private static void run(Stage stage, Figures figures, List<OutsideProbe> probes, Instant applied)
      throws Exception {
    OutsideProbe stays = probes.getFirst();
    OutsideProbe dies = probes.getLast();
    stage.log("full matrix with " + PROBES + " probes outside");
    awaitMatrix(stage, List.of(stays.name(), dies.name()), applied);
    figures.note("full matrix after", Duration.between(applied, Instant.now()));
    awaitOutside(stage, PROBES, MATRIX_WITHIN);
    figures.note("Healthy after", awaitHealthy(stage));
    for (OutsideProbe probe : probes) {
      Failure.unless(probe.isAlive(), probe.name() + " has ended");
    }

    stage.log(dies.name() + " is killed");
    dies.close();
    Instant killed = Instant.now();
    awaitOutside(stage, PROBES - 1, LEFT_WITHIN);
    Duration left = Duration.between(killed, Instant.now());
    figures.note("left after", left);
    // It registers each half minute, so that much of its keepalive may have passed.
    Failure.unless(
        left.toSeconds() >= KEEPALIVE_SECONDS - 35,
        "it left before its keepalive, after " + left.toSeconds() + " s");
    awaitNotProbed(stage, dies);
    figures.note("Healthy again after", awaitHealthy(stage));
    awaitMatrix(stage, List.of(stays.name()), Instant.now());

    stage.log("spec.registration is disabled");
    stage.mesh().apply("{}");
    Instant disabled = Instant.now();
    awaitGone(stage);
    awaitNotProbed(stage, stays);
    figures.note("gone after", Duration.between(disabled, Instant.now()));
    figures.note("Healthy without after", stage.awaitHealthy(WELL_WITHIN));
    int restarts = stage.restarts();
    Failure.unless(restarts == 0, restarts + " restarts");
  }

  private static String spec(Stage stage) {
    return """
    {groups: [{name: wan}], probes: [{from: wan, to: wan}],
     reflector: {acceptUnkeyed: [%s]},
     registration: {enabled: true, groups: [wan], tokenSecret: %s, service: {type: NodePort}}}\
    """
        .formatted(
            IntStream.rangeClosed(1, PROBES)
                .mapToObj(host -> "\"" + stage.cluster().family().outside(host) + "/32\"")
                .collect(Collectors.joining(", ")),
            TOKEN_SECRET);
  }

  private static String token() {
    byte[] token = new byte[16];
    ThreadLocalRandom.current().nextBytes(token);
    return HexFormat.of().formatHex(token);
  }

  private static Secret secret(String token) {
    return new SecretBuilder()
        .withNewMetadata()
        .withName(TOKEN_SECRET)
        .withNamespace(Release.NAME)
        .endMetadata()
        .withStringData(Map.of("token", token))
        .build();
  }

  /** The registry's URL at the node that it is on: other nodes forward nothing to it. */
  private static String registryUrl(Stage stage) throws InterruptedException {
    String[] url = {""};
    Wait.until(
        "registry",
        REGISTRY_WITHIN,
        () -> {
          Pod pod =
              stage.mesh().pods("registry").stream().filter(Mesh::isReady).findFirst().orElse(null);
          var service =
              stage
                  .client()
                  .services()
                  .inNamespace(Release.NAME)
                  .withName(Mesh.NAME + "-registry")
                  .get();
          if (pod == null || service == null) {
            return "pod "
                + (pod == null ? "missing" : "ready")
                + "; "
                + stage.mesh().unmetConditions();
          }
          Integer port = service.getSpec().getPorts().getFirst().getNodePort();
          url[0] =
              "http://"
                  + stage
                      .cluster()
                      .family()
                      .inUrl(stage.cluster().node(pod.getSpec().getNodeName()).address())
                  + ":"
                  + port;
          return port == null ? "its Service has no port on the nodes yet" : "";
        });
    return url[0];
  }

  private static void awaitMatrix(Stage stage, List<String> outside, Instant since)
      throws InterruptedException {
    List<String> all = Stream.concat(stage.names().stream(), outside.stream()).toList();
    Wait.until(
        "full matrix with " + outside,
        MATRIX_WITHIN,
        () -> {
          Set<String> missing = stage.mesh().missingPairs(all, since);
          return missing.isEmpty()
              ? ""
              : "no answers for " + missing + "; " + stage.mesh().unmetConditions();
        });
  }

  private static void awaitOutside(Stage stage, int probes, Duration within)
      throws InterruptedException {
    Wait.until(
        "status.outside is " + probes,
        within,
        () -> {
          JsonNode status = stage.mesh().status();
          return status.path("outside").asInt(-1) == probes
                  && Mesh.condition(status, "RegistryReady").isTrue()
              ? ""
              : status.path("outside") + "; " + Mesh.condition(status, "RegistryReady");
        });
  }

  private static Duration awaitHealthy(Stage stage) throws InterruptedException {
    return stage.awaitReady(WELL_WITHIN);
  }

  /** No node's config has it as a target. */
  private static void awaitNotProbed(Stage stage, OutsideProbe probe) throws InterruptedException {
    Wait.until(
        probe.name() + " is no target",
        GONE_WITHIN,
        () -> {
          List<String> having =
              stage.client().configMaps().inNamespace(Release.NAME).list().getItems().stream()
                  .filter(map -> map.getData() != null)
                  .filter(
                      map -> map.getData().getOrDefault(NODES_CONFIG, "").contains(probe.address()))
                  .map(map -> map.getMetadata().getName())
                  .toList();
          return having.isEmpty() ? "" : "it is in " + having;
        });
  }

  /** Nothing of a registry is left. */
  private static void awaitGone(Stage stage) throws InterruptedException {
    Wait.until(
        "registry is gone",
        GONE_WITHIN,
        () -> {
          Set<String> left = new TreeSet<>();
          for (HasMetadata object : objects(stage)) {
            if (object.getMetadata().getName().contains("-registry")) {
              left.add(object.getKind() + " " + object.getMetadata().getName());
            }
          }
          JsonNode status = stage.mesh().status();
          if (!status.path("outside").isMissingNode()) {
            left.add("status.outside " + status.path("outside"));
          }
          String type = "RegistryReady";
          if (!Mesh.condition(status, type).status().isEmpty()) {
            left.add("condition " + type);
          }
          return left.isEmpty() ? "" : "left: " + left;
        });
  }

  private static List<HasMetadata> objects(Stage stage) {
    String namespace = Release.NAME;
    List<HasMetadata> all = new ArrayList<>();
    all.addAll(stage.client().apps().deployments().inNamespace(namespace).list().getItems());
    all.addAll(stage.client().apps().replicaSets().inNamespace(namespace).list().getItems());
    all.addAll(stage.client().pods().inNamespace(namespace).list().getItems());
    all.addAll(stage.client().services().inNamespace(namespace).list().getItems());
    all.addAll(stage.client().serviceAccounts().inNamespace(namespace).list().getItems());
    all.addAll(stage.client().configMaps().inNamespace(namespace).list().getItems());
    all.addAll(stage.client().network().networkPolicies().inNamespace(namespace).list().getItems());
    return all;
  }
}
