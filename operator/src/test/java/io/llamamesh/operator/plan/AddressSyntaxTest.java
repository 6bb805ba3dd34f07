package io.llamamesh.operator.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.config.CollectorConfigYaml;
import io.llamamesh.config.InvalidConfigException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** One host that agents refuse would stop the config of every node that is to probe it. */
final class AddressSyntaxTest {
  private static final List<String> HOSTS =
      List.of(
          "10.0.0.1",
          "010.0.0.1",
          "10.1",
          "0x7f.1",
          "fd00::1",
          "fe80::1%eth0",
          "::ffff:10.0.0.1",
          "[::1]",
          "edge-1.example.com.",
          "a",
          "1e3");

  @Test
  void whateverTheOperatorTakesForAHostItsAgentsTakeToo() throws InvalidConfigException {
    Random random = new Random(20_261_130);
    int taken = 0;
    for (int run = 0; run < 20_000; run++) {
      StringBuilder host = new StringBuilder(HOSTS.get(random.nextInt(HOSTS.size())));
      for (int left = random.nextInt(3); left > 0; left--) {
        int at = random.nextInt(host.length() + 1);
        if (random.nextBoolean() || host.isEmpty()) {
          host.insert(at, "0123456789abfxX.:-%[]/_ \u00e9".charAt(random.nextInt(25)));
        } else {
          host.deleteCharAt(Math.min(at, host.length() - 1));
        }
      }
      if (AddressSyntax.isHost(host.toString())) {
        taken++;
        String document = "version: 1\ntargets: {t: [{ip: '" + host + "', port: 8100}]}\n";
        assertThat(CollectorConfigYaml.read(document, 1).config().targets().get("t"))
            .as(host.toString())
            .hasSize(1);
      }
    }
    assertThat(taken).isGreaterThan(5_000);
  }
}
