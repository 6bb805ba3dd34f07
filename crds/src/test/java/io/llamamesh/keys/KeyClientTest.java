package io.llamamesh.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.llamamesh.registration.RegistryConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Requests for keys through a Service of which only some pods listen. */
final class KeyClientTest {
  private static final InetAddress LEADER = InetAddress.ofLiteral("127.0.0.1");
  private static final InetAddress STANDBY = InetAddress.ofLiteral("127.0.0.2");

  private HttpServer server;
  private int lookUps;
  private int status = 200;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(LEADER, 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  /**
   * Sends a request.
   *
   * @param refusals how many connections are refused
   */
  private int send(int refusals) throws IOException {
    RegistryConnection connection =
        new RegistryConnection(
            URI.create("http://operator.example:" + server.getAddress().getPort()),
            null,
            host -> new InetAddress[] {lookUps++ < refusals ? STANDBY : LEADER},
            System::nanoTime);
    return KeyClient.send(connection, Map.of(), new byte[] {1}).status();
  }

  @Test
  void whoeverRefusesTheConnectionMayNotLeadSoItTriesAgain() throws IOException {
    assertThat(send(5)).isEqualTo(200);
    assertThat(lookUps).isEqualTo(6);
  }

  @Test
  void itGivesUpAfterSixTries() {
    assertThatThrownBy(() -> send(100)).hasMessageContaining("refused");
    assertThat(lookUps).isEqualTo(6);
  }

  @Test
  void anAnswerIsAnAnswerWhateverItSays() throws IOException {
    status = 503;

    assertThat(send(0)).isEqualTo(503);
    assertThat(lookUps).isEqualTo(1);
  }
}
