package io.llamamesh.bench.main;

import io.llamamesh.testkit.junit.CommandLineRules;

class CommandLinesTest extends CommandLineRules {
  CommandLinesTest() {
    super(BenchMain::commandLine, "llama-mesh bench", "llama-mesh bench reflector");
  }
}
