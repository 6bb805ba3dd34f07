package io.llamamesh.local.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalNodeTest {
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 6, LocalNode.MAX_NODES})
  void everyNodeHasItsOwnAddressesInTwoZones(int count) {
    List<LocalNode> nodes = LocalNode.of(count, true);

    Set<InetAddress> addresses = new HashSet<>();
    nodes.forEach(node -> addresses.addAll(List.of(node.published(), node.own())));
    assertThat(addresses).hasSize(2 * count);
    assertThat(nodes.getFirst().published()).isEqualTo(InetAddress.ofLiteral("127.0.0.11"));
    assertThat(nodes).extracting(LocalNode::zone).contains("a", "b");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1, LocalNode.MAX_NODES + 1})
  void otherCountsAreRefusedWithTheBounds(int count) {
    assertThatThrownBy(() -> LocalNode.of(count, false))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("from 2 to 200, was " + count);
  }
}
