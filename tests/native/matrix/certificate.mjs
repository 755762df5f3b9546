// An authority, and the certificate that it issues to a server on this machine: X.509 v3 as RFC 5280 has it, in DER by
// hand, made anew by each process. There are two, since of a chain of one OpenSSL checks little, however strict it is.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** Tag, length, value. */
function der(tag, ...parts) {
  const value = Buffer.concat(parts);
  const { length } = value;
  const long = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...(length < 0x80 ? [length] : long)), value]);
}

const TRUE = der(0x01, Buffer.of(0xff));
const integer = (bytes) => der(0x02, bytes);
const bits = (unused, bytes) => der(0x03, Buffer.of(unused), bytes);
const octets = (bytes) => der(0x04, bytes);
const utf8 = (text) => der(0x0c, Buffer.from(text));
const sequence = (...parts) => der(0x30, ...parts);
const set = (...parts) => der(0x31, ...parts);
/** UTCTime, as is to be used until 2049. */
const time = (ms) => der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
/** A field whose tag is of its context: `[n]`, around others or in place of the universal tag. */
const around = (n, ...parts) => der(0xa0 | n, ...parts);
const inPlace = (n, bytes) => der(0x80 | n, bytes);

function oid(text) {
  const [first, second, ...rest] = text.split('.').map(Number);
  const groups = [first * 40 + second, ...rest].map((arc) => {
    const septets = [arc & 0x7f];
    for (let left = arc >> 7; left > 0; left >>= 7) septets.unshift((left & 0x7f) | 0x80);
    return septets;
  });
  return der(0x06, Buffer.from(groups.flat()));
}

const ECDSA_WITH_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const HOUR = 3_600_000;

const extension = (id, value) => sequence(oid(id), octets(value));
const critical = (id, value) => sequence(oid(id), TRUE, octets(value));
const subjectKeyIdentifier = (id) => extension('2.5.29.14', octets(id));
const authorityKeyIdentifier = (id) => extension('2.5.29.35', sequence(inPlace(0, id)));

const ofAuthority = [
  critical('2.5.29.19', sequence(TRUE)), // basicConstraints: cA
  critical('2.5.29.15', bits(1, Buffer.of(0x06))), // keyUsage: keyCertSign, cRLSign
];
const ofServer = [
  critical('2.5.29.19', sequence()), // basicConstraints: no cA
  critical('2.5.29.15', bits(7, Buffer.of(0x80))), // keyUsage: digitalSignature
  extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'))), // extKeyUsage: serverAuth
  // subjectAltName: a DNS name, an IP address
  extension('2.5.29.17', sequence(inPlace(2, Buffer.from('localhost')), inPlace(7, Buffer.of(127, 0, 0, 1)))),
];

/** Who can hold a certificate, and sign one. */
function party(title) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const name = sequence(set(sequence(oid('2.5.4.3'), utf8(title)))); // commonName
  // RFC 7093: any identifier will do that follows from the key.
  return { name, key, id: createHash('sha256').update(key).digest().subarray(0, 20), privateKey };
}

function issue(issuer, subject, extensions) {
  // Positive, and without a leading zero.
  const serial = randomBytes(16);
  serial[0] = (serial[0] & 0x3f) | 0x40;
  const identifiers = [subjectKeyIdentifier(subject.id), authorityKeyIdentifier(issuer.id)];
  const signed = sequence(
    around(0, integer(Buffer.of(2))), // v3
    integer(serial),
    ECDSA_WITH_SHA256,
    issuer.name,
    sequence(time(Date.now() - HOUR), time(Date.now() + HOUR)),
    subject.name,
    subject.key,
    around(3, sequence(...extensions, ...identifiers)),
  );
  const certificate = sequence(signed, ECDSA_WITH_SHA256, bits(0, sign('sha256', signed, issuer.privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/g);
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

/**
 * @returns {{ authority: string, cert: string, key: string }} in PEM: what a client has to trust, and what a server on
 *   `localhost` or 127.0.0.1 shows
 */
export function makeCertificate() {
  const authority = party('An authority of one process');
  const server = party('localhost');
  return {
    authority: issue(authority, authority, ofAuthority),
    cert: issue(authority, server, ofServer),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }),
  };
}
