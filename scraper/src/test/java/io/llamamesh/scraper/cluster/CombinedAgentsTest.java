package io.llamamesh.scraper.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.scraper.cluster.AgentEndpoint.Trust;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A mesh's agents and those outside, by two sources that are scripted. */
final class CombinedAgentsTest {
  private final ScriptedSource members = new ScriptedSource();
  private final ScriptedSource outside = new ScriptedSource();
  private final CombinedAgents agents = new CombinedAgents(members, outside);
  private final List<List<AgentEndpoint>> passedOn = new ArrayList<>();

  private static final class ScriptedSource implements AgentSource {
    private Consumer<List<AgentEndpoint>> listener = list -> {};
    private boolean current;
    private boolean closed;
    private Set<String> leaving = Set.of();
    private boolean failsToClose;

    @Override
    public void start(Consumer<List<AgentEndpoint>> to) {
      listener = to;
    }

    @Override
    public boolean isCurrent() {
      return current;
    }

    @Override
    public Set<String> leaving() {
      return leaving;
    }

    @Override
    public void close() {
      closed = true;
      if (failsToClose) {
        throw new IllegalStateException("of this test");
      }
    }
  }

  private static AgentEndpoint agent(String name, Trust trust, int number) {
    return new AgentEndpoint(name, List.of(new HostPort("192.0.2." + number, 8100)), trust);
  }

  private static List<AgentEndpoint> some(Random random, List<Trust> trusts, boolean unique) {
    List<AgentEndpoint> list = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = random.nextInt(8); i > 0; i--) {
      String name = "a" + random.nextInt(12);
      if (names.add(name) || !unique) {
        list.add(agent(name, trusts.get(random.nextInt(trusts.size())), random.nextInt(1, 255)));
      }
    }
    return list;
  }

  /** What must hold of the two latest lists, whatever came before and in whatever order. */
  private void check(List<AgentEndpoint> own, List<AgentEndpoint> registered) {
    List<AgentEndpoint> all = passedOn.getLast();
    Set<String> ownNames = own.stream().map(AgentEndpoint::name).collect(Collectors.toSet());

    assertThat(all.subList(0, own.size())).isEqualTo(own);
    List<AgentEndpoint> others = all.subList(own.size(), all.size());
    assertThat(others).allMatch(registered::contains);
    assertThat(others).extracting(AgentEndpoint::name).doesNotHaveDuplicates();
    assertThat(others).extracting(AgentEndpoint::name).noneMatch(ownNames::contains);
    // Each name of theirs that is free is read, by the first that has it.
    for (AgentEndpoint each : registered) {
      if (!ownNames.contains(each.name())) {
        AgentEndpoint first =
            registered.stream().filter(a -> a.name().equals(each.name())).findFirst().orElseThrow();
        assertThat(others).contains(first);
      }
    }
    assertThat(others.stream().map(AgentEndpoint::trust))
        .allMatch(trust -> trust == Trust.OUTSIDE || trust == Trust.PUSHING);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void theMeshsOwnAreAllReadAndOfOthersThoseWithNamesOfTheirOwn(long seed) {
    Random random = new Random(seed);
    agents.start(passedOn::add);
    List<AgentEndpoint> own = List.of();
    List<AgentEndpoint> registered = List.of();
    for (int step = 1; step <= 500; step++) {
      if (random.nextBoolean()) {
        own = some(random, List.of(Trust.MEMBER, Trust.NODE), true);
        members.listener.accept(own);
      } else {
        registered = some(random, List.of(Trust.OUTSIDE, Trust.PUSHING), false);
        outside.listener.accept(registered);
      }
      assertThat(passedOn).hasSize(step);
      check(own, registered);
    }
  }

  @Test
  void aNameThatANodeTakesIsTheNodesAndGoesBackWithIt() {
    agents.start(passedOn::add);
    AgentEndpoint probe = agent("x", Trust.OUTSIDE, 1);
    AgentEndpoint node = agent("x", Trust.NODE, 2);
    outside.listener.accept(List.of(probe));
    assertThat(passedOn.getLast()).containsExactly(probe);
    members.listener.accept(List.of(node));
    assertThat(passedOn.getLast()).containsExactly(node);
    members.listener.accept(List.of());
    assertThat(passedOn.getLast()).containsExactly(probe);
  }

  @Test
  void ofASourceThatIsAwayTheLastListStays() {
    agents.start(passedOn::add);
    AgentEndpoint probe = agent("x", Trust.PUSHING, 1);
    outside.listener.accept(List.of(probe));
    for (int i = 1; i <= 5; i++) {
      AgentEndpoint node = agent("n" + i, Trust.NODE, i);
      members.listener.accept(List.of(node));
      assertThat(passedOn.getLast()).containsExactly(node, probe);
    }
  }

  @Test
  void whatIsSaidOfTheClusterComesFromTheMembersAlone() {
    members.current = true;
    members.leaving = Set.of("n1");
    outside.leaving = Set.of("n2");
    assertThat(agents.isCurrent()).isTrue();
    assertThat(agents.leaving()).containsExactly("n1");
    members.current = false;
    outside.current = true;
    assertThat(agents.isCurrent()).isFalse();
  }

  @Test
  void closingEndsBothEvenIfOneFailsTo() {
    members.failsToClose = true;
    agents.close();
    assertThat(members.closed).isTrue();
    assertThat(outside.closed).isTrue();
  }

  /** Sources have threads of their own: whoever comes last passes both latest lists on. */
  @Test
  void listsThatComeAtOnceAreBothInTheLast() throws InterruptedException {
    List<List<AgentEndpoint>> seen = new ArrayList<>();
    int[] inside = {0};
    agents.start(list -> {
      // One at a time, as a listener may count on.
      assertThat(++inside[0]).isEqualTo(1);
      seen.add(list);
      inside[0]--;
    });
    for (int round = 0; round < 200; round++) {
      List<AgentEndpoint> own = List.of(agent("n" + round, Trust.NODE, 1));
      List<AgentEndpoint> others = List.of(agent("o" + round, Trust.OUTSIDE, 2));
      Thread first = Thread.ofPlatform().start(() -> members.listener.accept(own));
      Thread second = Thread.ofPlatform().start(() -> outside.listener.accept(others));
      first.join();
      second.join();
      assertThat(seen.getLast()).containsExactly(own.getFirst(), others.getFirst());
    }
    assertThat(seen).hasSize(400);
  }
}
