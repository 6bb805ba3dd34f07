package io.llamamesh.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The frame alone; every program's command lines are run in its own {@code CommandLinesTest}. */
class CommandFrameTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Command(
      name = "llama-mesh",
      mixinStandardHelpOptions = true,
      subcommands = {Ask.class, Plain.class})
  static final class Root {}

  enum Colour {
    NEVER
  }

  @Command(
      name = "ask",
      mixinStandardHelpOptions = true,
      exitCodeList = {"0:Yes.", "1:An error.", "2:No."})
  static final class Ask implements Callable<Integer> {
    @Option(names = "--color", description = "When.")
    @SuppressWarnings("UnusedVariable") // parsed, that is all
    private Colour colour = Colour.NEVER;

    @Parameters(arity = "0..1", description = "Anything.")
    private String text = "";

    @Override
    public Integer call() throws IOException {
      return switch (text) {
        case "fail" -> throw new IOException("the disk is full");
        case "fall" -> throw new IllegalStateException();
        default -> text.equals("@yes") ? CommandFrame.OK : CommandFrame.BAD;
      };
    }
  }

  @Command(name = "plain", mixinStandardHelpOptions = true)
  static final class Plain implements Runnable {
    @Override
    public void run() {}
  }

  private int run(String... arguments) {
    CommandLine line = CommandFrame.of(new Root());
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return line.execute(arguments);
  }

  @Test
  void aCommandsOwnCodePasses() {
    assertThat(run("ask", "@yes")).isZero();
    assertThat(run("ask", "no", "--color=never")).isEqualTo(CommandFrame.BAD);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void aFailureIsOneLineWithTheCommandsName() {
    assertThat(run("ask", "fail")).isEqualTo(CommandFrame.FAILED);
    assertThat(err.toString()).isEqualToIgnoringNewLines("llama-mesh ask: the disk is full");
  }

  @Test
  void aFailureWithoutWordsIsNamed() {
    assertThat(run("ask", "fall")).isEqualTo(CommandFrame.FAILED);
    assertThat(err.toString()).contains("java.lang.IllegalStateException");
  }

  @Test
  void aMissingCommandIsRefusedWithThoseThatThereAre() {
    assertThat(run()).isEqualTo(CommandFrame.FAILED);
    assertThat(err.toString())
        .isEqualToIgnoringNewLines(
            "llama-mesh: a command is missing: ask, plain (see llama-mesh --help)");
  }

  @Test
  void exitCodesAreListedInTheHelp() {
    assertThat(run("ask", "--help")).isZero();
    assertThat(out.toString()).contains("Exit codes:", "2   No.");
    out.getBuffer().setLength(0);
    assertThat(run("plain", "--help")).isZero();
    assertThat(out.toString()).contains("1   An error, or wrong use.").doesNotContain("  2 ");
  }

  @Test
  void theVersionIsThatOfTheBuild() {
    assertThat(run("plain", "--version")).isZero();
    assertThat(out.toString()).matches("llama-mesh [0-9][^\\s$]*\\s+");
  }
}
