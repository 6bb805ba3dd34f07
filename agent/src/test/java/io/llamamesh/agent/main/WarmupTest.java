package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.net.ChannelNetwork;
import io.llamamesh.agent.net.NativeNetwork;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.wire.ProbeKeys;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WarmupTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  static Stream<UdpNetwork> networks() {
    return Stream.of(NativeNetwork.orChannels(), new ChannelNetwork("test"));
  }

  @ParameterizedTest
  @MethodSource("networks")
  void probesAreAnsweredBeforeTheFirstOneCounts(UdpNetwork network) throws IOException {
    assertThat(Warmup.exchange(network, ProbeKeys.NONE, PATIENCE)).isGreaterThanOrEqualTo(100);
    ProbeKeys keys = ProbeKeys.NONE.with(3, new byte[16], true);
    assertThat(Warmup.exchange(network, keys, PATIENCE)).isGreaterThanOrEqualTo(100);
  }
}
