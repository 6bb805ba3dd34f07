package io.llamamesh.scraper.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.llamamesh.scraper.store.Store;
import io.llamamesh.scraper.store.WriteFailure.WriteFailedException;
import io.llamamesh.testkit.store.FakeStoreServer;
import io.llamamesh.testkit.store.FakeStoreServer.Reply;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class StoreOptionsTest {
  @TempDir private Path folder;

  private final FakeStoreServer server;

  StoreOptionsTest() throws IOException {
    server = new FakeStoreServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v2"})
  void credentialsThatAreWrittenAnewAreShownWithoutARestart(String api) throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "old\n");
    Path user = Files.writeString(folder.resolve("user"), "me\n");
    server.script(request -> {
      String shown = request.headers().get("authorization");
      return shown.equals(header(api, "you", "new")) ? Reply.of(204, "") : Reply.of(401, "");
    });

    try (Store store = open(options(api, user, secret))) {
      assertThatThrownBy(() -> store.write(List.of("p value=1.0 1")))
          .isInstanceOf(WriteFailedException.class);

      rewrite(secret, "new\n");
      rewrite(user, "you\n");

      await().until(() -> isWritten(store));
    }
    assertThat(server.requests().getFirst().headers())
        .containsEntry("authorization", header(api, "me", "old"));
  }

  @Test
  void anEmptyTokenFileIsRefused() throws IOException {
    Path empty = Files.writeString(folder.resolve("token"), "\n");

    assertThatThrownBy(() -> open(List.of("--influxdb-token-file=" + empty)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--influxdb-token-file " + empty + " cannot be read")
        .hasMessageContaining("is empty");
  }

  @ParameterizedTest
  @CsvSource({"me,p,me:p", "me,'',me:", "'','',env:secret"})
  void aUserOnTheCommandLineWinsOverAVariableAndAnEmptyOneIsNone(
      String user, String password, String shown) throws Exception {
    server.script(request -> Reply.of(204, ""));
    LlamaOptions llama = new LlamaOptions();
    List<String> flags = new ArrayList<>();
    flags.add("-llama.influxdb-host=127.0.0.1");
    flags.add("-llama.influxdb-port=" + URI.create(server.url()).getPort());
    flags.add("-llama.influxdb-user=" + user);
    if (!user.isEmpty()) {
      flags.add("-llama.influxdb-pass=" + password);
    }
    new CommandLine(llama).parseArgs(flags.toArray(String[]::new));
    Environment environment =
        new Environment(Map.of("INFLUXDB_USERNAME", "env", "INFLUXDB_PASSWORD", "secret"));

    try (Store store = new StoreOptions().open(environment, llama, true, false)) {
      assertThat(store).isNotNull();
      store.write(List.of("p value=1.0 1"));
    }

    assertThat(server.requests().getLast().headers())
        .containsEntry(
            "authorization",
            "Basic " + Base64.getEncoder().encodeToString(shown.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void theStoreOfLlamaScrapersVariablesIsShownTheirCredentials() throws Exception {
    server.script(request -> Reply.of(204, ""));
    String port = String.valueOf(URI.create(server.url()).getPort());
    Environment environment =
        new Environment(
            Map.of(
                "INFLUXDB_HOST", "127.0.0.1",
                "INFLUXDB_PORT", port,
                "INFLUXDB_USERNAME", "me",
                "INFLUXDB_PASSWORD", "p"));

    try (Store store = new StoreOptions().open(environment, new LlamaOptions(), false, true)) {
      assertThat(store).isNotNull();
      store.write(List.of("p value=1.0 1"));
    }

    assertThat(server.requests().getLast().headers())
        .containsEntry("authorization", header("v1", "me", "p"));
  }

  private static void rewrite(Path file, String text) throws IOException {
    Files.writeString(file, "");
    Files.writeString(file, text);
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(5)));
  }

  private static boolean isWritten(Store store) {
    try {
      store.write(List.of("p value=1.0 1"));
      return true;
    } catch (WriteFailedException e) {
      return false;
    }
  }

  private static List<String> options(String api, Path user, Path secret) {
    return api.equals("v2")
        ? List.of("--influxdb-bucket=llama", "--influxdb-token-file=" + secret)
        : List.of(
            "--influxdb-database=llama",
            "--influxdb-username-file=" + user,
            "--influxdb-password-file=" + secret);
  }

  private static String header(String api, String user, String secret) {
    String both = user + ":" + secret;
    return api.equals("v2")
        ? "Token " + secret
        : "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
  }

  private Store open(List<String> options) {
    List<String> all = new ArrayList<>(options);
    all.add("--influxdb-url=" + server.url());
    StoreOptions parsed = new StoreOptions();
    new CommandLine(parsed).parseArgs(all.toArray(String[]::new));
    return Objects.requireNonNull(
        parsed.open(new Environment(Map.of()), new LlamaOptions(), false, false));
  }
}
