package io.llamamesh.agent.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llamamesh.agent.net.ChannelNetwork;
import io.llamamesh.agent.net.Poller;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SourcePortsTest {

  private static final InetAddress HERE = InetAddress.ofLiteral("127.0.0.1");
  private static final InetAddress OTHER = InetAddress.ofLiteral("127.0.0.5");

  @Test
  void probesOfAClassLeaveFromItsOwnAddressAndThoseOfOthersFromTheCollectors() throws IOException {
    ChannelNetwork network = new ChannelNetwork("a test wants it");
    try (Poller poller = network.newPoller()) {
      SourcePorts ports = new SourcePorts(network, poller, List.of(HERE));

      assertThat(from(ports.acquire(pair(OTHER, "127.0.0.9"), 0))).isEqualTo(OTHER);
      assertThat(from(ports.acquire(pair(null, "127.0.0.9"), 0))).isEqualTo(HERE);
      assertThat(ports.all()).hasSize(2);
      assertThatThrownBy(() -> ports.acquire(pair(OTHER, "::1"), 0))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no local address of the family");
      ports.closeAll();
    }
  }

  private static InetAddress from(SourcePort port) {
    return port.socket().local().getAddress();
  }

  private static ProbePlan.Pair pair(@Nullable InetAddress local, String target) {
    return new ProbePlan.Pair(
        new ProbePlan.TrafficClass("default", 0, 0, 1_000_000_000L, 1028, local),
        new InetSocketAddress(InetAddress.ofLiteral(target), 8100),
        1,
        250_000_000L,
        false,
        Map.of());
  }
}
