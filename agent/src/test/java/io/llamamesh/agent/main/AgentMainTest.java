package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AgentMainTest {

  @TempDir private Path folder;
  private final PrintStream standardError = System.err;
  private final PrintStream standardOut = System.out;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream error = new ByteArrayOutputStream();

  @BeforeEach
  void capture() {
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(error, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void release() {
    System.setOut(standardOut);
    System.setErr(standardError);
  }

  private String said() {
    return error.toString(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          reflector --port 70000          | --port must be from 0 to 65535, was 70000
          reflector --max-pps 0           | --max-pps must be positive, was 0
          reflector --threads 0           | --threads must be from 1 to 64, was 0
          reflector --bind nowhere        | --bind must hold IP addresses, was 'nowhere'
          reflector --accept-unkeyed 1/99 | --accept-unkeyed: 1/99 is no block such as 10.0.0.0/8
          reflector --max-pps many        | 'many' is no number of probes per second
          reflector -api-bind 8200        | --api-bind must be address:port
          reflector --api-bind=::1:8200   | --api-bind must be address:port
          reflector --accept-unauthenticated 1/99 | --accept-unauthenticated: 1/99 is no block
          collector --llama.dst-port=x    | Invalid value for option
          collector -udprobe.config       | Missing required parameter for option
          send 127.0.0.1 --tos 300        | --tos must be from 0 to 255, was 300
          send 127.0.0.1 --timeout soon   | 'soon' is no duration
          send 127.0.0.1:8100             | HOST is without the port: use 127.0.0.1 --port 8100
          send [::1]:8100                 | HOST is without the port: use ::1 --port 8100
          send node-1:8100                | HOST is without the port: use node-1 --port 8100
          send 127.0.0.1 --count 0        | --count must be from 1 to 1000000, was 0
          kv                              | a command is missing: get, op, watch
          kv op a increment               | increment needs a field
          kv op a increment c 1.5         | BY must be an integer, was '1.5'
          kv op a increment c 1 2         | increment takes a field and 1 at most
          kv op a assign r                | assign takes a field and 1
          kv op a destroy c               | OPERATION must be one of increment, enable,
          kv op a clear c                 | clear takes no field
          multicast                       | a command is missing: send, watch
          multicast send                  | Missing required parameter: 'TOPIC'
          """)
  void wrongUseIsRefusedInOneLineAndExitsWithOne(String line, String message) {
    assertThat(AgentMain.run(line.split(" "))).isEqualTo(1);

    assertThat(said()).contains(message).contains("--help").hasLineCount(1);
  }

  @Test
  void aMissingConfigIsRefusedAndExitsWithOne() {
    assertThat(AgentMain.run(new String[] {"collector", "-llama.config", "/nowhere.yaml"}))
        .isEqualTo(1);

    assertThat(said()).contains("config /nowhere.yaml: the file does not exist").hasLineCount(1);
  }

  @Test
  void aConfigThatIsAFolderIsRefusedWithItsName() {
    assertThat(AgentMain.run(new String[] {"collector", "-llama.config=" + folder})).isEqualTo(1);

    assertThat(said())
        .contains("config " + folder + ": the file cannot be read: Is a directory")
        .hasLineCount(1);
  }

  @Test
  void aBrokenConfigIsRefusedWithFieldAndExitsWithOne() throws Exception {
    Path config = folder.resolve("c.yaml");
    Files.writeString(config, "summarization: {interval: 0}\n");

    assertThat(AgentMain.run(new String[] {"collector", "-llama.config", config.toString()}))
        .isEqualTo(1);

    assertThat(said()).contains("summarization.interval").hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          5000               | must be address:port
          "::1:5000"         | must be address:port
          0.0.0.0:five       | must be address:port
          0.0.0.0:70000      | must be address:port
          host.invalid:5000  | unknown host host.invalid
          """)
  void anApiAddressThatIsNoneIsRefusedAndExitsWithOne(String bind, String message)
      throws Exception {
    Path config = folder.resolve("c.yaml");
    Files.writeString(config, "api: {bind: '%s'}\ntests: []\n".formatted(bind.replace("\"", "")));

    assertThat(AgentMain.run(new String[] {"collector", "--llama.config=" + config})).isEqualTo(1);

    assertThat(said()).contains("api.bind", message).hasLineCount(1);
  }

  @Test
  void aConfigThatIsNoTextIsRefusedAndExitsWithOne() throws Exception {
    Path config = folder.resolve("c.yaml");
    Files.write(config, new byte[] {(byte) 0xc3, 0x28});

    assertThat(AgentMain.run(new String[] {"collector", "--llama.config", config.toString()}))
        .isEqualTo(1);

    assertThat(said()).contains("is not UTF-8 text").hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"agent", "reflector", "collector", "send"})
  void everyCommandExplainsItself(String command) {
    assertThat(AgentMain.run(new String[] {command, "--help"})).isZero();

    assertThat(out.toString(StandardCharsets.UTF_8)).contains("Usage:").contains(command);
  }
}
