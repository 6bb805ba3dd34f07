package io.llamamesh.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.llamamesh.cli.CommandFrame;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Help, version and refusal of wrong use of every command of a program, in this process. Each
 * program's module has a test that extends it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class CommandLineRules {
  private static final Path GUIDE = Path.of("../docs/guide/running.md");

  private final Supplier<CommandLine> program;
  private final List<String> names;

  /**
   * Rules for one program.
   *
   * @param program makes its command line
   * @param names qualified ones, of some of its commands: what a search for them must find
   */
  protected CommandLineRules(Supplier<CommandLine> program, String... names) {
    this.program = program;
    this.names = List.of(names);
  }

  /**
   * A command.
   *
   * @param root makes the command line of its program
   * @param path names of commands from below the root to this one; none: the root
   */
  record Subject(Supplier<CommandLine> root, List<String> path) {
    String name() {
      return spec().qualifiedName();
    }

    CommandSpec spec() {
      CommandLine line = root.get();
      for (String name : path) {
        line = Objects.requireNonNull(line.getSubcommands().get(name), name);
      }
      return line.getCommandSpec();
    }

    Outcome run(String... last) {
      List<String> arguments = new ArrayList<>(path);
      arguments.addAll(List.of(last));
      StringWriter out = new StringWriter();
      StringWriter err = new StringWriter();
      CommandLine line =
          root.get().setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
      int code = line.execute(arguments.toArray(new String[0]));
      return new Outcome(code, out.toString(), err.toString());
    }

    @Override
    public String toString() {
      return name();
    }
  }

  record Outcome(int code, String out, String err) {}

  Stream<Subject> commands() {
    return of(program, program.get(), List.of());
  }

  private static Stream<Subject> of(
      Supplier<CommandLine> root, CommandLine line, List<String> path) {
    Stream<Subject> below =
        line.getSubcommands().entrySet().stream()
            .filter(entry -> !(entry.getValue().getCommand() instanceof HelpCommand))
            .flatMap(entry -> {
              List<String> further = new ArrayList<>(path);
              further.add(entry.getKey());
              return of(root, entry.getValue(), further);
            });
    return Stream.concat(Stream.of(new Subject(root, path)), below);
  }

  @Test
  void theseAreAmongTheCommands() {
    assertThat(commands().map(Subject::name)).containsAll(names);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpIsPrintedWithTheExitCodes(Subject command) {
    Outcome outcome = command.run("--help");

    assertThat(outcome.code()).isEqualTo(CommandFrame.OK);
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out())
        .startsWith("Usage: " + command.name() + " ")
        .contains("--help", "--version", "Exit codes:");
    assertThat(command.spec().usageMessage().exitCodeList().keySet())
        .contains("0", "1")
        .isSubsetOf("0", "1", "2");
  }

  @ParameterizedTest
  @MethodSource("commands")
  void theVersionIsThatOfThisBuild(Subject command) {
    Outcome outcome = command.run("--version");

    assertThat(outcome.code()).isEqualTo(CommandFrame.OK);
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out().strip()).isEqualTo("llama-mesh " + CommandFrame.version());
    assertThat(CommandFrame.version()).isEqualTo(System.getProperty("llamamesh.version"));
  }

  @ParameterizedTest
  @MethodSource("commands")
  void wrongUseIsOneLineAndAnError(Subject command) {
    Outcome outcome = command.run("--nonsense");

    assertThat(outcome.code()).isEqualTo(CommandFrame.FAILED);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .hasLineCount(1)
        .startsWith(command.name() + ": ")
        .contains("(see " + command.name() + " --help)");
    if (command.spec().positionalParameters().isEmpty()) {
      assertThat(outcome.err()).contains("Unknown option: '--nonsense'");
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void descriptionsAreOfOneStyle(Subject command) {
    Stream<ArgSpec> arguments =
        Stream.concat(
            command.spec().options().stream(), command.spec().positionalParameters().stream());
    arguments
        .filter(argument -> !argument.hidden())
        .forEach(argument -> {
          String text = String.join(" ", argument.description());
          assertThat(text).as("%s", name(argument)).matches("(?s)[^a-z].*[.]");
          assertThat(
                  text.replace("(default: ", "")
                      .replace("(LLAMA's default: ", "")
                      .toLowerCase(Locale.ROOT))
              .as("the default of %s", name(argument))
              .doesNotContain("default: ", "(default ");
        });
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }

  @Test
  void theGuideSaysWhatACodeOf2Means() throws IOException {
    List<String> rows =
        commands()
            .filter(command -> !command.path().isEmpty() || !command.name().equals("llama-mesh"))
            .filter(command -> command.spec().usageMessage().exitCodeList().containsKey("2"))
            .map(command ->
                "| `%s` | %s |"
                    .formatted(
                        command.name().replace("llama-mesh ", ""),
                        command.spec().usageMessage().exitCodeList().get("2")))
            .toList();

    assertThat(Files.readAllLines(GUIDE)).containsAll(rows);
  }
}
