package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.scraper.testing.FakeAgent;
import io.llamamesh.scraper.testing.FakeEchoStore;
import io.llamamesh.scraper.testing.Points;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What the scraper program is given to keep to itself stays there, also when a store refuses it and
 * says so word by word.
 */
@Execution(ExecutionMode.CONCURRENT)
final class CredentialsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String STORE_TOKEN = "st0re-token-7Q";
  private static final String PASSWORD = "pa55word-8R";
  private static final String USER = "scraper-user";
  private static final String MESH_TOKEN = "mesh-token-9S";
  private static final String READER_TOKEN = "reader-token-1T";

  /** What a header holds of user and password. */
  private static final String BASIC =
      Base64.getEncoder().encodeToString((USER + ":" + PASSWORD).getBytes(StandardCharsets.UTF_8));

  private static final List<String> SECRETS =
      List.of(STORE_TOKEN, PASSWORD, MESH_TOKEN, READER_TOKEN, BASIC);

  private static final List<String> PATHS =
      List.of(
          "/",
          "/metrics",
          "/healthz",
          "/readyz",
          "/api/v1/report",
          "/api/v1/matrix",
          "/api/v1/matrix?windows=nonsense",
          "/api/v1/windows",
          "/api/v1/agents",
          "/api/v1/pairs/node-1/node-2",
          "/api/v1/pairs/nobody/nowhere",
          "/api/v1/openapi.json",
          "/nothing");

  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(folder.resolve("token"), STORE_TOKEN + "\n");
    Files.writeString(folder.resolve("password"), PASSWORD + "\n");
    Files.writeString(folder.resolve("user"), USER + "\n");
    Files.writeString(folder.resolve("reader"), READER_TOKEN + "\n");
    Files.createDirectory(folder.resolve("auth"));
    Files.writeString(
        folder.resolve("auth/tokens.json"),
        "[{\"id\":1,\"key\":\"%s\",\"signFrom\":\"2026-01-01T00:00:00Z\"}]".formatted(MESH_TOKEN));
  }

  @ParameterizedTest
  @CsvSource({"v2, 204", "v2, 401", "v2, 400", "v1, 204", "v1, 401", "v1, 403"})
  void noSecretIsInArgumentsLogMetricsApiOrErrors(String api, int status) throws Exception {
    try (FakeAgent agent = FakeAgent.start();
        FakeEchoStore store = new FakeEchoStore(status)) {
      agent.token(MESH_TOKEN);
      agent.publish(List.of(Points.pair("node-1", "node-2", Instant.now(), 16, 1, 0.25)));
      Path log = folder.resolve("scraper.log");
      try (ScraperProcess scraper = new ScraperProcess(log, Map.of(), options(api, store, agent))) {
        scraper.start();
        await().atMost(PATIENCE).until(() -> store.shown().size() >= (status > 400 ? 2 : 1));
        assertThat(store.shown().getFirst())
            .isEqualTo(api.equals("v2") ? "Token " + STORE_TOKEN : "Basic " + BASIC);
        await()
            .atMost(PATIENCE)
            .until(
                () -> !scraper.get("/api/v1/report", READER_TOKEN).body().contains("\"Pending\""));

        StringBuilder all = new StringBuilder();
        all.append(
            Files.readString(
                Path.of("/proc", Long.toString(scraper.process().process().pid()), "cmdline")));
        for (String path : PATHS) {
          for (String token : List.of("", READER_TOKEN, MESH_TOKEN, "wrong")) {
            var answer = scraper.get(path, token);
            all.append(answer.headers().map()).append(answer.body());
          }
        }
        assertThat(scraper.get("/api/v1/report", "").statusCode()).isEqualTo(401);
        scraper.process().stop();
        all.append(Files.readString(log));
        assertThat(all).contains("scraper of mesh").doesNotContain(SECRETS.toArray(String[]::new));
        if (status != 204) {
          // The refusal itself is reported, without what it repeats.
          assertThat(all).contains("is not known here");
        }
      }
    }
  }

  private List<String> options(String api, FakeEchoStore store, FakeAgent agent) {
    List<String> options = new ArrayList<>();
    options.add("--influxdb-url=" + store.url());
    options.add("--collectors=" + agent.address());
    options.add("--auth-dir=" + folder.resolve("auth"));
    options.add("--token-file=" + folder.resolve("reader"));
    if (api.equals("v2")) {
      options.add("--influxdb-bucket=llama");
      options.add("--influxdb-token-file=" + folder.resolve("token"));
    } else {
      options.add("--influxdb-database=llama");
      options.add("--influxdb-username-file=" + folder.resolve("user"));
      options.add("--influxdb-password-file=" + folder.resolve("password"));
    }
    return options;
  }
}
