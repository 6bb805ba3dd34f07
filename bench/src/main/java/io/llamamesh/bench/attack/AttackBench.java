package io.llamamesh.bench.attack;

import io.llamamesh.bench.process.BenchFolder;
import io.llamamesh.cli.CommandFrame;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** All attacks in turns on a mesh of real processes, and what held. */
@Command(
    name = "attack",
    mixinStandardHelpOptions = true,
    description = {
      "A keyed mesh of real processes (agents on loopback addresses, a scraper, a registry, a store that keeps account)"
          + " with one real fault, a path that loses 30 %% of its probes. All attacks take turns; each has a real attacker.",
      "",
      "At all times no process may end or outgrow the memory limit of its container; no window of any pair may be"
          + " missing or come with two contents; the verdict must name the pair that is bad and no other, but where"
          + " scrapers are kept from the agents only afterwards; and lost probes are those that the path dropped, within 1 %%.",
      "",
      "Prints a table: attack, whether it held, what must hold, figures. Memory is the most that a process ever had,"
          + " behind the limit. Forged ICMP needs root."
    },
    exitCodeList = {"0:All held.", "1:It cannot run, or wrong use.", "2:Something did not hold."})
public final class AttackBench implements Callable<Integer> {

  private static final int FEWEST = 3;
  private static final int MOST = 20;
  private static final Duration SHORTEST = Duration.ofSeconds(3);
  private static final Duration LONGEST_TURN = Duration.ofMinutes(1);

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--for",
      paramLabel = "DURATION",
      defaultValue = "2m",
      converter = Minutes.class,
      description = "Time of all turns together, such as 90s or 60m (default: ${DEFAULT-VALUE}).")
  private Duration length = Duration.ZERO;

  @Option(
      names = "--agents",
      paramLabel = "N",
      defaultValue = "4",
      description = "Agents, " + FEWEST + " to " + MOST + " (default: ${DEFAULT-VALUE}).")
  private int agents;

  @Option(
      names = "--rows",
      paramLabel = "NAME",
      split = ",",
      description =
          "Only these: datagrams, replayed-probes, slow-clients, connections, fabric-strangers,"
              + " forged-answers, forged-errors, hostile-agent, hostile-store, hostile-pod (default: all).")
  private List<String> rows = List.of();

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (agents < FEWEST || agents > MOST) {
      throw wrong("--agents must be " + FEWEST + " to " + MOST + ", was " + agents);
    }
    Map<Attack, AttackTally> table = new LinkedHashMap<>();
    Map<Attack, AttackTally> possible = new LinkedHashMap<>();
    for (Attack attack : chosen()) {
      AttackTally tally = new AttackTally(attack);
      table.put(attack, tally);
      if (attack.obstacle().isEmpty()) {
        possible.put(attack, tally);
      }
    }
    if (possible.isEmpty()) {
      throw new IOException("none of these attacks is possible here");
    }
    Duration turn = length.dividedBy(possible.size());
    turn = turn.compareTo(LONGEST_TURN) > 0 ? LONGEST_TURN : turn;
    if (turn.compareTo(SHORTEST) < 0) {
      throw wrong(
          "--for must be at least " + SHORTEST.multipliedBy(possible.size()).toSeconds() + "s");
    }
    String fault;
    try (BenchFolder workspace = BenchFolder.create();
        AttackedMesh mesh = AttackedMesh.start(agents, workspace.folder())) {
      AttackJudge judge = new AttackJudge(mesh);
      Instant end = Instant.now().plus(length);
      boolean whole = true;
      do {
        for (Map.Entry<Attack, AttackTally> each : possible.entrySet()) {
          System.err.println(each.getKey().name() + ", for " + turn.toSeconds() + " s");
          whole = whole && judge.turn(each.getKey(), turn, each.getValue());
        }
      } while (whole && Instant.now().plus(turn).isBefore(end));
      fault = whole ? judge.compareLoss() : "";
    }
    table.values().forEach(tally -> System.out.println(tally.line()));
    System.out.println(fault);
    boolean held = possible.values().stream().allMatch(AttackTally::hasHeld);
    return held && fault.contains(" held ") ? CommandFrame.OK : CommandFrame.BAD;
  }

  private List<Attack> chosen() {
    Map<String, Attack> all = Attacks.byName();
    List<Attack> chosen = new ArrayList<>();
    for (String name : rows.isEmpty() ? all.keySet() : rows) {
      Attack attack = all.get(name);
      if (attack == null) {
        throw wrong("--rows has no " + name + ", only " + String.join(", ", all.keySet()));
      }
      chosen.add(attack);
    }
    return chosen;
  }

  private ParameterException wrong(String message) {
    if (spec == null) {
      throw new IllegalStateException("not called by picocli");
    }
    return new ParameterException(spec.commandLine(), message);
  }

  /** Converter of {@code 90s}, {@code 60m} and {@code 1h}. */
  static final class Minutes implements ITypeConverter<Duration> {
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,6})([smh])");

    @Override
    public Duration convert(String text) {
      Matcher matcher = TEXT.matcher(text);
      if (!matcher.matches()) {
        throw new TypeConversionException("'" + text + "' is not a duration, write 90s, 60m or 1h");
      }
      long number = Long.parseLong(matcher.group(1));
      return switch (matcher.group(2)) {
        case "s" -> Duration.ofSeconds(number);
        case "m" -> Duration.ofMinutes(number);
        default -> Duration.ofHours(number);
      };
    }
  }
}
