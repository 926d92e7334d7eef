// SPDX-License-Identifier: MIT
#include "host/fuzz/finding.h"

#include <sys/stat.h>

#include <cctype>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "host/fuzz/settings.h"
#include "ringside/reporter.h"

namespace ringside::fuzz
{
namespace
{

/* Minimizing takes so long at most, however slow the machine is. */
constexpr std::chrono::seconds kMinimizeFor(10);

/* Tries changes of an input, and keeps those with the same signature. */
class Minimizer
{
public:
	Minimizer(Executor *executor, Finding *finding)
		: executor_(executor), best_(finding),
		  signature_(SignatureOf(*FirstFailure(finding->results))),
		  end_(std::chrono::steady_clock::now() + kMinimizeFor)
	{
	}

	bool Try(const Input &input)
	{
		const std::vector<Result> results = executor_->Run(input.data(), input.size());
		const Result *failure = FirstFailure(results);

		if (!failure || SignatureOf(*failure) != signature_)
			return false;
		best_->input = input;
		best_->results = results;
		return true;
	}

	/* Without pieces: large ones first. */
	void Cut()
	{
		for (size_t piece = best_->input.size(); piece; piece /= 2) {
			size_t at = 0;

			while (at < best_->input.size() && HasTime()) {
				Input shorter = best_->input;
				const auto from = shorter.begin() + at;

				shorter.erase(from, shorter.end() - from > (long)piece
							    ? from + piece
							    : shorter.end());
				if (!Try(shorter))
					at += piece;
			}
		}
	}

	/* With zeros: whole bytes, then single bits. */
	void Clear()
	{
		for (size_t i = 0; i < best_->input.size() && HasTime(); i++) {
			for (unsigned int mask = 0xff; mask;
			     mask = mask == 0xff ? 0x80 : mask / 2) {
				Input plainer = best_->input;

				plainer[i] &= ~mask;
				if (plainer[i] != best_->input[i])
					Try(plainer);
			}
		}
	}

private:
	bool HasTime() const
	{
		return !stop && std::chrono::steady_clock::now() < end_;
	}

	Executor *executor_;
	Finding *best_;
	const std::string signature_;
	const std::chrono::steady_clock::time_point end_;
};

/* FNV-1a: a name that the same input always has. */
uint32_t HashOf(const Input &input)
{
	uint32_t hash = 2166136261u;

	for (const uint8_t byte : input)
		hash = (hash ^ byte) * 16777619u;
	return hash;
}

std::string NameOf(const Finding &finding)
{
	char hash[16];

	snprintf(hash, sizeof(hash), "_%08x", HashOf(finding.input));
	return GetSettings().name + hash;
}

/* Text that can't end the comment it stands in. */
std::string InComment(const std::string &text)
{
	std::string lines = " * ";

	for (const char c : text) {
		if (c == '/' && lines.back() == '*')
			lines += ' ';
		lines += c;
		if (c == '\n')
			lines += " * ";
	}
	return lines + "\n";
}

std::string LineOf(const Result &result)
{
	std::string line;

	if (!result.file.empty())
		line = result.file + ":" + std::to_string(result.line) + ": ";
	return line + tst_result_name(result.type) + ": " + result.text;
}

void WriteBytes(std::ostream *out, const Input &input)
{
	char text[8];

	for (size_t i = 0; i < input.size(); i++) {
		snprintf(text, sizeof(text), "0x%02x,", input[i]);
		*out << (i % 12 ? " " : "\n\t") << text;
	}
}

void WriteSource(std::ostream *out, const Finding &finding)
{
	*out << "// SPDX-License-Identifier: MIT\n"
	     << "/*\n"
	     << InComment("Found by " + GetSettings().name +
			  (finding.repeats ? ":"
					   : "; seen once, and not again from the same state:"));
	for (const Result &result : finding.results)
		*out << " *\n" << InComment(LineOf(result));
	*out << " */\n"
	     << "#include \"ringside/fuzz.h\"\n\n"
	     << "static const uint8_t input[] = {";
	/* An array has an element at least. */
	WriteBytes(out, finding.input.empty() ? Input{0} : finding.input);
	*out << "\n};\n\n"
	     << "static void run(void)\n{\n"
	     << "\ttst_kvm_run_input(input, " << (finding.input.empty() ? "0" : "sizeof(input)")
	     << ");\n}\n\n"
	     << "static struct tst_test test = {\n"
	     << "\t.test_all = run,\n"
	     << "\t.cleanup = tst_kvm_cleanup,\n";
	/* A kernel that has warned before skips a test that asks for this. */
	if (finding.results.back().file.empty() && finding.results.back().type == TFAIL)
		*out << "\t.taint_check = TST_TAINT_W | TST_TAINT_D,\n";
	*out << "};\n";
}

std::string RuleOf(const std::string &name)
{
	static const std::string placeholder = "@NAME@";
	std::string rule = GetSettings().rule;
	size_t at;

	while ((at = rule.find(placeholder)) != std::string::npos)
		rule.replace(at, placeholder.size(), name);
	return rule;
}

/* The first finding makes the file, the others add to it. */
void AddRule(const std::string &path, const std::string &name)
{
	const std::string rule = RuleOf(name);
	std::ifstream old(path);
	const std::string before((std::istreambuf_iterator<char>(old)),
				 std::istreambuf_iterator<char>());

	if (before.find("\"" + name + "\"") != std::string::npos)
		return;
	std::ofstream file(path, std::ios::app);
	if (before.empty())
		file << "# SPDX-License-Identifier: MIT\n"
		     << "load(\"@ringside//:defs.bzl\", \"kvm_test\")\n";
	file << "\n" << rule;
}

} /* namespace */

const Result *FirstFailure(const std::vector<Result> &results)
{
	for (const Result &result : results) {
		if (result.type == TFAIL || result.type == TBROK || result.type == TWARN)
			return &result;
	}
	return nullptr;
}

std::string SignatureOf(const Result &failure)
{
	std::string signature = failure.file + ":" + std::to_string(failure.line) + ":" +
				std::to_string(failure.type);
	bool in_number = false;

	for (const char c : failure.text) {
		if (c == '\n')
			break;
		/* "0x1f", "12", and the letters behind it: one number. */
		in_number = isdigit((unsigned char)c) || (in_number && isalnum((unsigned char)c));
		if (!in_number)
			signature += c;
	}
	return signature;
}

Finding Minimize(Executor *executor, const Input &input, const std::vector<Result> &results)
{
	Finding finding = {input, results, true};
	Minimizer minimizer(executor, &finding);

	finding.repeats = minimizer.Try(input);
	if (finding.repeats) {
		minimizer.Cut();
		minimizer.Clear();
	}
	return finding;
}

std::string Write(const Finding &finding, const std::string &output)
{
	const std::string name = NameOf(finding), folder = output + "/findings";
	const std::string path = folder + "/" + name + ".c";

	mkdir(output.c_str(), 0777);
	mkdir(folder.c_str(), 0777);
	std::ofstream file(path);
	WriteSource(&file, finding);
	file.close();
	AddRule(folder + "/BUILD.bazel", name);
	if (!file)
		tst_brk(TBROK,
			"cannot write %s. Fix: free some space there, or make the folder writable",
			path.c_str());
	return path;
}

} /* namespace ringside::fuzz */
