package io.llamamesh.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.llamamesh.testkit.archunit.ProgramRules;

@AnalyzeClasses(
    packages = "io.llamamesh.bench",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule packagesHaveNoCycles =
      slices().matching("io.llamamesh.bench.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule figuresArePure =
      noClasses()
          .that()
          .resideInAPackage("..bench.figures")
          .should()
          .dependOnClassesThat()
          .resideOutsideOfPackages(
              "java..", "org.jspecify.annotations", "io.llamamesh.bench.figures");

  @ArchTest
  static final ArchRule onlyMainReadsTheEnvironmentOrExits =
      ProgramRules.onlyMainReadsTheEnvironmentOrExits("..bench.main");

  @ArchTest
  static final ArchRule nobodyImportsMain = ProgramRules.nobodyImportsMain("..bench.main");
}
