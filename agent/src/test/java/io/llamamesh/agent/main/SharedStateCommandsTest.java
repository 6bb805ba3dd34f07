package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.llamamesh.agent.http.LoneAgent;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Store and multicast of a running agent from the command line. */
class SharedStateCommandsTest {

  private @TempDir Path folder;
  private final PrintStream standardOut = System.out;
  private final PrintStream standardError = System.err;
  private final InputStream standardIn = System.in;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream error = new ByteArrayOutputStream();
  private LoneAgent agent;

  @BeforeEach
  void start() throws IOException {
    agent = new LoneAgent(folder);
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(error, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void end() {
    System.setOut(standardOut);
    System.setErr(standardError);
    System.setIn(standardIn);
    agent.close();
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--server", agent.url()));
    return AgentMain.run(all.toArray(new String[0]));
  }

  private String printed() {
    String text = out.toString(StandardCharsets.UTF_8);
    out.reset();
    return text;
  }

  @Test
  void aKeyIsWrittenReadAndRemovedAndCodesSayHowItWent() {
    assertThat(run("kv", "get", "jobs/a")).isEqualTo(2);
    assertThat(run("kv", "op", "jobs/a", "increment", "c", "5")).isZero();
    assertThat(run("kv", "op", "jobs/a", "increment", "c")).isZero();
    assertThat(run("kv", "op", "jobs/a", "enable", "f")).isZero();
    assertThat(run("kv", "op", "jobs/a", "assign", "r", "a b")).isZero();
    assertThat(run("kv", "op", "jobs/a", "add", "s", "x", "y")).isZero();
    assertThat(run("kv", "op", "jobs/a", "remove", "s", "x")).isZero();
    assertThat(run("kv", "op", "jobs/a", "enable", "g", "--in", "m", "--in", "n")).isZero();
    out.reset();
    assertThat(run("kv", "get", "jobs/a")).isZero();
    String line = printed();
    assertThat(line).matches("jobs/a  [0-9a-f]{16}  c=6 f=on r=\"a b\" s=\\{y} m[.]n[.]g=on\n");
    assertThat(run("kv", "get", "jobs/*")).isZero();
    assertThat(printed()).isEqualTo(line);
    String version = List.of(line.split("  ", 3)).get(1);
    assertThat(run("kv", "op", "jobs/a", "disable", "f", "--if-version", version)).isZero();
    assertThat(run("kv", "op", "jobs/a", "clear", "--if-version", version)).isEqualTo(2);
    assertThat(error.toString(StandardCharsets.UTF_8)).contains("412");
    assertThat(run("kv", "op", "jobs/a", "removeField", "s", "set")).isZero();
    assertThat(run("kv", "op", "jobs/a", "clear")).isZero();
    assertThat(run("kv", "get", "**")).isEqualTo(2);
    assertThat(run("kv", "op", "node/n2/x", "enable", "f")).isEqualTo(1);
  }

  @Test
  void aWatchPrintsWhatIsThereAndWhatChanges() throws Exception {
    assertThat(run("kv", "op", "a/1", "increment", "c")).isZero();
    out.reset();
    CompletableFuture<Integer> watch =
        CompletableFuture.supplyAsync(() -> run("kv", "watch", "a/*", "--count", "2", "--json"));
    await().until(() -> out.toString(StandardCharsets.UTF_8).contains("a/1"));
    assertThat(run("kv", "op", "a/2", "increment", "c", "--json")).isZero();
    assertThat(watch.get()).isZero();
    assertThat(printed().lines().filter(line -> line.contains("\"a/1\""))).hasSize(1);
  }

  @Test
  void aMessageIsSentAndPrinted() throws Exception {
    CompletableFuture<Integer> watch =
        CompletableFuture.supplyAsync(() -> run("multicast", "watch", "t", "--count", "1"));
    await()
        .until(() -> {
          assertThat(run("multicast", "send", "t", "hello", "--loop", "--route")).isZero();
          return watch.isDone();
        });
    assertThat(watch.get()).isZero();
    assertThat(printed()).isEqualTo("n1  n1  hello\n");
    System.setIn(new ByteArrayInputStream(new byte[70_000]));
    assertThat(run("multicast", "send", "t")).isEqualTo(1);
    assertThat(run("multicast", "send", "burst", "x")).isEqualTo(1);
  }
}
