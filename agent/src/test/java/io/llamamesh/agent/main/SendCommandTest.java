package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.reflector.Reflector;
import io.llamamesh.agent.reflector.ReflectorCounters;
import io.llamamesh.agent.reflector.ReflectorOptions;
import io.llamamesh.agent.wire.ProbeKeys;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SendCommandTest {

  private static final byte[] KEY = "sixteen bytes !!".getBytes(StandardCharsets.US_ASCII);

  @TempDir private Path folder;
  private final PrintStream standardError = System.err;
  private final PrintStream standardOut = System.out;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream error = new ByteArrayOutputStream();
  private volatile ProbeKeys keys = ProbeKeys.NONE;
  private Reflector reflector;

  @BeforeEach
  void start() throws IOException {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(error, true, StandardCharsets.UTF_8));
    reflector =
        Reflector.start(
            NativeNetwork.orChannels(),
            List.of(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0)),
            ReflectorOptions.standard(100_000, 1).withKeys(() -> keys, List.of()),
            new ReflectorCounters());
    Files.writeString(
        folder.resolve("keys.json"),
        """
        [{"id": 3, "key": "%s", "signFrom": "2020-01-01T00:00:00Z"}]
        """
            .formatted(Base64.getEncoder().encodeToString(KEY)));
    Files.writeString(folder.resolve("tokens.json"), "[]");
  }

  @AfterEach
  void stop() {
    reflector.close();
    System.setOut(standardOut);
    System.setErr(standardError);
  }

  private int send(String... more) {
    int port = reflector.locals().getFirst().getPort();
    String[] fixed = {"send", "127.0.0.1", "--port", "" + port, "--count", "5"};
    String[] all = java.util.Arrays.copyOf(fixed, fixed.length + more.length);
    System.arraycopy(more, 0, all, fixed.length, more.length);
    return AgentMain.run(all);
  }

  @Test
  void withTheMeshsKeyItIsAnswered() {
    keys = ProbeKeys.NONE.with(3, KEY, true);

    assertThat(send("--timeout", "5s", "--auth-dir", folder.toString())).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("sent=5 lost=0");
    assertThat(error.toString(StandardCharsets.UTF_8)).isEmpty();
  }

  @Test
  void withoutTheKeyThatAMeshAsksForItSaysWhatMayBeWrong() {
    keys = ProbeKeys.NONE.with(3, KEY, true);

    assertThat(send()).isEqualTo(2);
    assertThat(error.toString(StandardCharsets.UTF_8)).contains("--auth-dir").hasLineCount(1);
  }

  @Test
  void aReflectorThatHasNoKeyDoesNotCountAsAnAnswerAndThatIsSaid() {
    assertThat(send("--auth-dir", folder.toString())).isEqualTo(2);

    assertThat(out.toString(StandardCharsets.UTF_8)).contains("lost=5").contains("unkeyed=5");
    assertThat(error.toString(StandardCharsets.UTF_8)).contains("without our key");
  }
}
