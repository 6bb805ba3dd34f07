package io.llamamesh.agent.main;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.agent.config.HostPresence;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HostAddressesTest {

  private static final InetAddress V4 = InetAddress.ofLiteral("10.0.0.4");
  private static final InetAddress V6 = InetAddress.ofLiteral("fd00::4");

  private final Set<InetAddress> onHost = new HashSet<>();
  private final List<InetAddress> arrived = new ArrayList<>();
  private boolean refuses;

  private HostAddresses follow(List<InetAddress> wanted) {
    HostAddresses addresses = HostAddresses.of(wanted, onHost::contains);
    addresses.follow(address -> {
      if (refuses) {
        throw new IOException("taken");
      }
      arrived.add(address);
    });
    return addresses;
  }

  @Test
  void anAddressThatIsOnNoInterfaceIsSaidUntilItComesAndThenServed() {
    onHost.add(V6);
    try (HostAddresses addresses = follow(List.of(V4, V6))) {
      assertThat(addresses.present()).containsExactly(V6);
      assertThat(addresses.problem())
          .isEqualTo(
              "HOST_IPS 10.0.0.4 is on no interface of this host; the node's address changed: the"
                  + " pod must be made anew");
      assertThat(arrived).isEmpty();

      onHost.add(V4);
      addresses.refresh();

      assertThat(arrived).containsExactly(V4);
      assertThat(addresses.problem()).isNull();
      assertThat(addresses.present()).containsExactly(V4, V6);
    }
  }

  @Test
  void anAddressThatVanishesUnderARunningAgentIsSaidAndServedAgainWhenItReturns() {
    onHost.addAll(List.of(V4, V6));
    try (HostAddresses addresses = follow(List.of(V4, V6))) {
      assertThat(addresses.problem()).isNull();

      onHost.clear();
      addresses.refresh();
      assertThat(addresses.problem()).startsWith("HOST_IPS 10.0.0.4, fd00::4 are on no");

      onHost.addAll(List.of(V4, V6));
      addresses.refresh();
      assertThat(addresses.problem()).isNull();
      assertThat(arrived).containsExactly(V4, V6);
    }
  }

  @Test
  void anAddressThatCannotBeServedYetIsTriedAgain() {
    try (HostAddresses addresses = follow(List.of(V4))) {
      refuses = true;
      onHost.add(V4);
      addresses.refresh();
      assertThat(addresses.isMissing()).isTrue();

      refuses = false;
      addresses.refresh();
      assertThat(addresses.isMissing()).isFalse();
      assertThat(arrived).containsExactly(V4);
    }
  }

  @Test
  void addressesThatSomebodyGaveAreNotChecked() {
    try (HostAddresses addresses = HostAddresses.given(List.of(V4))) {
      addresses.follow(arrived::add);

      assertThat(addresses.present()).containsExactly(V4);
      assertThat(addresses.problem()).isNull();
    }
  }

  @Test
  void theKernelIsAskedByBinding() throws IOException {
    assertThat(HostPresence.canBind(InetAddress.ofLiteral("127.0.0.1"))).isTrue();
    assertThat(HostPresence.canBind(InetAddress.ofLiteral("192.0.2.1"))).isFalse();
    assertThat(HostPresence.canBind(InetAddress.ofLiteral("2001:db8::1"))).isFalse();
  }
}
